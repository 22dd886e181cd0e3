import type { MarketingSettings } from '../../src/config.js';

export const TOOL = 'ehcp-audit-tool';
export const TRAINING = 'training';
export const NEWS = 'news';

export const SETTINGS: MarketingSettings = {
  topics: [
    { key: TOOL, title: 'The EHCP audit tool' },
    { key: TRAINING, title: 'Training courses' },
    { key: NEWS, title: 'News and research' },
  ],
  softOptIn: new Set([TRAINING]),
};
