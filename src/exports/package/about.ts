import type { LawfulBasis, PrivacyDeclaration, Service } from '../../services/service.js';
import type { PartReport } from './report.js';
import { collectionRetention, declaredRetention } from './retention.js';
import {
  AUTOMATED_DECISIONS,
  COMPLAINT_TO_AUTHORITY,
  COMPLAINT_TO_US,
  RIGHTS,
  SUPERVISORY_AUTHORITY,
} from './rights.js';
import { locate } from './transfers.js';

export interface AboutInput {
  readonly controller: { readonly name: string; readonly address: string; readonly companyNumber: string };
  /** The Data Protection Specialist. */
  readonly dps: { readonly name?: string; readonly email: string; readonly address: string };
  /** Every service that was asked, each either in `parts` or in `incomplete`. */
  readonly services: readonly AboutService[];
  readonly parts: readonly Pick<PartReport, 'service' | 'records'>[];
  readonly incomplete: readonly Incomplete[];
  /** Disclosures on record that were made to somebody once, newest first. */
  readonly disclosures: readonly Disclosed[];
  /** What was left out on purpose. */
  readonly withheld: readonly Withheld[];
  /** The taxonomy's title of a key. */
  titleOf(kind: 'category' | 'use' | 'subject', key: string): string;
}

export type AboutService = Pick<
  Service,
  | 'name'
  | 'title'
  | 'description'
  | 'affiliation'
  | 'country'
  | 'transferSafeguard'
  | 'declarations'
  | 'retention'
  | 'source'
>;

/** A service whose data is not in the package. The reason is a sentence for the person. */
export interface Incomplete {
  readonly service: string;
  readonly reason: string;
}

export interface Disclosed {
  readonly recipient: string;
  readonly purpose: string;
  readonly at: Date;
}

export interface Withheld {
  readonly what: string;
  readonly exemption: string;
}

export type ServiceStatus = 'complete' | 'no_data' | 'failed';

/** What Article 15(1) and (2) of the UK GDPR says a person must be told; the content of `about.json`. */
export type About = ReturnType<typeof about>;

/** Something a person must be told is missing. Lists all of it, each with its mend. */
export class AboutError extends Error {
  override readonly name = 'AboutError';
}

/** Throws `AboutError` rather than leave out an item of Article 15. */
export function about(input: AboutInput) {
  const missing = missingFromAbout(input);
  if (missing.length > 0) throw new AboutError(missing.join('\n'));
  const services = input.services.map((service) => ({
    name: service.name,
    title: service.title,
    description: service.description,
    affiliation: service.affiliation,
    ...outcome(service.name, input),
    source: service.source ?? 'From you, or from your use of the service',
    location: locate(service.country, service.transferSafeguard),
    uses: service.declarations.map((declaration) => use(declaration, input)),
    retention: [...service.retention].map(([collection, rule]) => collectionRetention(collection, rule)),
  }));
  return {
    version: 1,
    law: 'UK GDPR Article 15',
    controller: input.controller,
    dataProtectionSpecialist: input.dps,
    confirmation: confirm(services),
    services,
    disclosures: input.disclosures.map(({ recipient, purpose, at }) => ({ recipient, purpose, at: at.toISOString() })),
    rights: RIGHTS,
    complaints: {
      toUs: { text: COMPLAINT_TO_US, email: input.dps.email, address: input.dps.address },
      toAuthority: { text: COMPLAINT_TO_AUTHORITY, ...SUPERVISORY_AUTHORITY },
    },
    automatedDecisions: AUTOMATED_DECISIONS,
    search: {
      searched: services.map(({ name, title, status }) => ({ name, title, status })),
      withheld: input.withheld,
      text:
        input.withheld.length === 0
          ? 'Nothing was withheld.'
          : 'What was withheld, and the exemption that allows it, is listed here.',
    },
  };
}

/**
 * What would have to be known before these services' data can be explained to a person; empty when nothing is missing.
 * Worth asking at start, so that the first person to want their data is not the one who finds out.
 */
export function missingFromAbout(
  input: Pick<AboutInput, 'controller' | 'dps' | 'services'> & Partial<Pick<AboutInput, 'parts' | 'incomplete'>>,
): string[] {
  const { controller, dps, services, parts, incomplete } = input;
  const blank = { 'controller name': controller.name, 'controller address': controller.address };
  const contacts = {
    'Data Protection Specialist e-mail': dps.email,
    'Data Protection Specialist address': dps.address,
  };
  const configuration = Object.entries({ ...blank, ...contacts })
    .filter(([, value]) => value.trim() === '')
    .map(([name]) => `${name}: is empty; set it in the configuration.`);
  const manifests = services.flatMap((service) => {
    const problems: string[] = [];
    if (service.declarations.length === 0)
      problems.push('no purpose is declared; add privacy_declarations to its system.');
    if (service.declarations.some(({ dataCategories }) => dataCategories.length === 0)) {
      problems.push('a privacy declaration names no data_categories.');
    }
    const location = locate(service.country, service.transferSafeguard);
    if (location.outsideUk && !location.safeguard) {
      problems.push(`data rests in ${location.countryName}; add transfer_safeguard.`);
    }
    if (parts && incomplete && ![...parts, ...incomplete].some((result) => result.service === service.name)) {
      problems.push('was neither read nor reported as failed.');
    }
    return problems.map((problem) => `${service.name}: ${problem}`);
  });
  return [...configuration, ...manifests];
}

function outcome(service: string, { parts, incomplete }: AboutInput) {
  const failed = incomplete.find((result) => result.service === service);
  const records = parts.filter((part) => part.service === service).reduce((sum, part) => sum + part.records, 0);
  const status: ServiceStatus = failed ? 'failed' : records > 0 ? 'complete' : 'no_data';
  return { status, records, reason: failed?.reason ?? null };
}

function use(declaration: PrivacyDeclaration, { titleOf, controller }: AboutInput) {
  return {
    purpose: { key: declaration.dataUse, title: titleOf('use', declaration.dataUse), name: declaration.name },
    categories: declaration.dataCategories.map((key) => ({ key, title: titleOf('category', key) })),
    subjects: declaration.dataSubjects.map((key) => ({ key, title: titleOf('subject', key) })),
    lawfulBasis: declaration.lawfulBasis && LAWFUL_BASES[declaration.lawfulBasis],
    recipients: declaration.thirdParties ?? `Nobody outside ${controller.name}`,
    retention: declaredRetention(declaration),
  };
}

function confirm(services: readonly { status: ServiceStatus; title: string }[]) {
  const holding = services.filter(({ status }) => status === 'complete').length;
  if (holding > 0) {
    return {
      processed: 'yes' as const,
      text: `Yes, we hold and use personal data about you, in ${holding} of ${services.length} services.`,
    };
  }
  return services.some(({ status }) => status === 'failed')
    ? { processed: 'unknown' as const, text: 'We found no data about you, but not every service could be searched.' }
    : { processed: 'no' as const, text: 'No. We searched every service and found no data about you.' };
}

const LAWFUL_BASES: Readonly<Record<LawfulBasis, string>> = {
  CONSENT: 'Your consent (Article 6(1)(a))',
  CONTRACT: 'A contract with you (Article 6(1)(b))',
  LEGAL_OBLIGATION: 'The law requires it (Article 6(1)(c))',
  VITAL_INTERESTS: "Somebody's life or health (Article 6(1)(d))",
  PUBLIC_TASK: 'A task in the public interest (Article 6(1)(e))',
  LEGITIMATE_INTERESTS: 'Our or another’s legitimate interests (Article 6(1)(f))',
};
