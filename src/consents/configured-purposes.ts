import { type Config, ConfigError } from '../config.js';
import type { Taxonomy } from '../services/taxonomy.js';

/** Refuses settings that name a use of data nobody knows. Throws `ConfigError`. */
export function checkConfiguredPurposes({ devices, gpcPurposes }: Config, taxonomy: Taxonomy): void {
  const settings = { HABEAS_DEVICE_PURPOSES: devices.purposes, HABEAS_GPC_PURPOSES: gpcPurposes };
  const problems = Object.entries(settings).flatMap(([setting, purposes]) =>
    purposes
      .filter((purpose) => !taxonomy.use(purpose))
      .map((purpose) => {
        const nearest = taxonomy.nearest('data_use', purpose);
        return `${setting}: ${purpose} is no data use that is known${nearest ? `: did you mean ${nearest}?` : '.'}`;
      }),
  );
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
}
