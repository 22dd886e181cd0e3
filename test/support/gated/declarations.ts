/** What each service of the gated company declares: use, lawful basis, categories of data. */
export type Declaration = readonly [use: string, basis: string, categories: readonly string[]];

export interface ServiceFacts {
  readonly affiliation: 'affiliated' | 'external';
  readonly declarations: readonly Declaration[];
}

export const SERVICES: Readonly<Record<string, ServiceFacts>> = {
  notes: {
    affiliation: 'affiliated',
    declarations: [
      ['essential.service', 'Contract', ['user.content', 'user.contact', 'user.account', 'user.unique_id']],
      ['essential.legal_obligation', 'Legal obligations', ['user.account', 'user.content']],
      ['functional.service.improve', 'Legitimate interests', ['user.content', 'user.behavior']],
      ['analytics.reporting', 'Consent', ['user.behavior', 'user.content']],
      ['marketing.communications', 'Consent', ['user.contact.email', 'user.account']],
      ['third_party_sharing', 'Consent', ['user.content', 'user.account']],
    ],
  },
  desk: {
    affiliation: 'affiliated',
    declarations: [
      ['essential.service', 'Contract', ['user.content', 'user.financial']],
      ['essential.fraud_detection', 'Vital interests', ['user.financial']],
      ['functional.storage', 'Public interest', ['user.content']],
      ['third_party_sharing', 'Consent', ['user.financial']],
    ],
  },
  club: {
    affiliation: 'affiliated',
    declarations: [
      ['essential.service', 'Contract', ['user']],
      ['analytics.reporting', 'Consent', ['user']],
      ['third_party_sharing', 'Consent', ['user']],
      ['marketing.advertising.first_party', 'Legitimate interests', ['user']],
    ],
  },
  poll: {
    affiliation: 'external',
    declarations: [
      ['essential.service', 'Contract', ['user.behavior', 'user.content']],
      ['functional.service.improve', 'Legitimate interests', ['user.content']],
      ['analytics.reporting', 'Consent', ['user.content']],
      ['marketing.advertising.first_party', 'Legitimate interests', ['user.behavior']],
    ],
  },
  tracker: { affiliation: 'external', declarations: [['essential.service', 'Contract', ['user']]] },
};
