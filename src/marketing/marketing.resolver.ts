import { FieldResolver, Resolver } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { type MarketingChannel, MarketingChannelEnum, MarketingPreferences } from './marketing.types.js';

/** Preferences cannot be recorded yet: nobody has allowed anything, and what is not allowed is not done (PECR, regulation 22). */
@Resolver(() => AccountType)
export class MarketingResolver {
  @FieldResolver(() => MarketingPreferences, { description: 'What the person lets us market to them, and how.' })
  marketingPreferences(): MarketingPreferences {
    const channels = Object.keys(MarketingChannelEnum) as MarketingChannel[];
    return {
      optedOutOfAll: false,
      channels: channels.map((channel) => ({ channel, allowed: false })),
      topics: [],
      updatedAt: null,
    };
  }
}
