/** Who asks, in the order of the matrix' columns. */
export const CALLERS = [
  'owner', // the person whose data it is
  'other', // another person
  'service', // an affiliated service, for the purpose essential.service
  'improver', // the same service, for the purpose functional.service.improve
  'mailer', // an affiliated service, for the purpose marketing.communications.email, which rests on consent
  'purposeless', // a service with two purposes that names neither
  'external', // a partner's client
  'dps', // the Data Protection Specialist
  'support', // support staff
  'nobody', // without a token
] as const;

export type Caller = (typeof CALLERS)[number];

const VERDICTS = {
  y: 'answered',
  '-': 'answered, with nobody’s data', // nothing is there for this caller to see
  C: 'CONFLICT', // let in; what was asked is done already
  F: 'FORBIDDEN',
  N: 'NOT_FOUND', // as for an id that does not exist
  P: 'PURPOSE_NOT_PERMITTED',
  U: 'UNAUTHENTICATED',
} as const;

export type Verdict = (typeof VERDICTS)[keyof typeof VERDICTS];
export type Row = Readonly<Record<Caller, Verdict>>;

/**
 * Who may do what: every field of the graph, written down by hand from what each caller is promised and not from the
 * rules in src. `Type.*` stands for all fields of a type and says what the field that leads to the type says, or that
 * nothing is there yet.
 */
const TABLE = `
  #                                    owner, other, service, improver, mailer, purposeless, external, dps, support, nobody
  # Ways in
  Query.account                        y N y y y P y y y U
  Query.accountByIdentifier            F F y y y P F y y U
  Query.accounts                       y - y y y P y y y U
  Query.clients                        F F F F F F F y y U
  Query.contactable                    F F P P y P F y y U
  Query.deadLetters                    F F F F F F F y y U
  Query.eventDeliveries                F F F F F F F y y U
  Query.erasurePlan                    F F F F F F F y y U
  Query.events                         F F F F F P F F F U
  Query.isSuppressed                   F F P P y P F y y U
  Query.mayContact                     y N P P y P F y y U
  Query.mayContactMany                 F F P P y P F y y U
  Query.deviceConsents                 N N N N N N N N N N
  Query.legalHolds                     F F F F F F F y y U
  Query.me                             y y F F F F F F F U
  Query.policies                       y y y y y y y y y y
  Query.policy                         y y y y y y y y y y
  Query.privacyRequest                 y N F F F F F y y U
  Query.privacyRequests                F F F F F F F y y U
  Query.purposes                       y y y y y y y y y U
  Query.services                       y y y y y y y y y U
  Query.viewer                         y y y y y y y y y y
  Query.courses                        y y y y y y y y y U
  Query.course                         y y y y y y y y y U
  Mutation.cancelRequest               y N F F F F F y y U
  Mutation.giveConsent                 y N F F F F F y y U
  Mutation.giveDeviceConsent           y y y y y y y y y y
  Mutation.joinDevice                  N N F F F F F F F U
  Mutation.liftRestriction             C N F F F F F C C U
  Mutation.liftSuppression             F F F F F F F y y U
  Mutation.linkService                 F F y P P P F y y U
  Mutation.objectToProcessing          y N F F F F F y y U
  Mutation.placeLegalHold              F F F F F F F y F U
  Mutation.publishPolicy               F F F F F F F C F U
  Mutation.recordGuardian              F F y P P P F y y U
  Mutation.recordSoftOptIn             F F P P y P F y y U
  Mutation.redeliverEvents             F F F F F F F y F U
  Mutation.registerAccount             C C C P P P F C C U
  Mutation.registerClient              F F F F F F F C F U
  Mutation.releaseLegalHold            F F F F F F F C F U
  Mutation.requestAccess               y N F F F F F y y U
  Mutation.requestRestriction          C N F F F F F C C U
  Mutation.retryRequest                F F F F F F F C C U
  Mutation.revokeClient                F F F F F F F y F U
  Mutation.suppress                    F F P P y P F y y U
  Mutation.trustDocuments              F F F F F F F y F U
  Mutation.updateMarketingPreferences  y N F F F F F y y U
  Mutation.updateProfile               y N y P P P F y y U
  Mutation.withdrawAllConsents         y N F F F F F y y U
  Mutation.withdrawConsent             y N F F F F F y y U
  Mutation.withdrawDeviceConsent       y y y y y y y y y y
  Mutation.withdrawObjection           y N F F F F F y y U
  Subscription.contactable             F F P P y P F y y U
  Subscription.privacyRequestProgress  y N F F F F F y y U

  # Habeas' own types
  Account.id                           y N y y y P y y y U
  Account.ehcpAudit                    y N y y P P y y y U
  Account.accesses                     y N F F F P F y y U
  Account.birthYears                   y N F F F P F y y U
  Account.consentHistory               y N F F F P F y y U
  Account.consents                     y N F F F P F y y U
  Account.createdAt                    y N y P P P P y y U
  Account.disclosures                  y N F F F P F y y U
  Account.guardianId                   y N F F F P F y y U
  Account.identifiers                  y N y y y P y y y U
  Account.legalHolds                   y N F F F P F y y U
  Account.linkedServices               y N y y y P y y y U
  Account.marketingHistory             y N F F F P F y y U
  Account.marketingPreferences         y N F F F P F y y U
  Account.objections                   y N F F F P F y y U
  Account.privacyRequests              y N F F F P F y y U
  Account.profile                      y N y y y P y y y U
  Account.status                       y N y y y P y y y U
  Account.newsletter                   y N y P y P P y y U
  Account.support                      y N y y P P P y y U
  Account.training                     y N y y P P y y y U
  PageInfo.*                           F F P P y P F y y U
  Access.*                             y N F F F P F y y U
  AccessConnection.*                   y N F F F P F y y U
  AccessEdge.*                         y N F F F P F y y U
  AccountPayload.*                     y N y P P P F y y U
  BirthYears.*                         - N F F F P F - - U
  ChannelPreference.*                  y N F F F P F y y U
  Client.*                             - - y y y y y - - -
  ClientPayload.*                      F F F F F F F y F U
  Consent.*                            y N F F F P F y y U
  ConsentEvent.*                       y N F F F P F y y U
  ConsentEventConnection.*             y N F F F P F y y U
  ConsentEventEdge.*                   y N F F F P F y y U
  ConsentPayload.*                     y N F F F F F y y U
  ConsentReceipt.*                     y N F F F P F y y U
  ConsentsPayload.*                    y N F F F F F y y U
  Contactable.*                        F F P P - P F - - U
  ContactableConnection.*              F F P P y P F y y U
  ContactableEdge.*                    F F P P - P F - - U
  ContactDecision.*                    y N P P y P F y y U
  DataCollection.*                     y y y y y y y y y U
  DataField.*                          y y y y y y y y y U
  DeadLetter.*                         F F F F F F F - - U
  DeadLetterConnection.*               F F F F F F F y y U
  DeadLetterEdge.*                     F F F F F F F - - U
  DeviceConsentPayload.*               y y y y y y y y y y
  Disclosure.*                         - N F F F P F - - U
  DisclosureConnection.*               y N F F F P F y y U
  DisclosureEdge.*                     - N F F F P F - - U
  ErasureCertificate.*                 - N F F F F F - - U
  ErasurePlan.*                        - N F F F F F - - U
  ErasurePlanItem.*                    - N F F F F F - - U
  Event.*                              F F F F F P F F F U
  EventConnection.*                    F F F F F P F F F U
  EventDelivery.*                      F F F F F F F y y U
  EventEdge.*                          F F F F F P F F F U
  ExportPackage.bytes                  y N F F F F F y y U
  ExportPackage.expiresAt              y N F F F F F y y U
  ExportPackage.formats                y N F F F F F y y U
  ExportPackage.id                     y N F F F F F y y U
  ExportPackage.records                y N F F F F F y y U
  ExportPackage.sha256                 y N F F F F F y y U
  ExportPackage.url                    y N F F F F F F F U
  Identifier.type                      y N y P P P P y y U
  Identifier.value                     y N y P P P P y y U
  Identifier.verified                  y N y P P P P y y U
  LegalHold.*                          y N F F F P F y y U
  LegalHoldConnection.*                F F F F F F F y y U
  LegalHoldEdge.*                      F F F F F F F y y U
  LegalHoldPayload.*                   F F F F F F F y F U
  MarketingEvent.*                     y N F F F P F y y U
  MarketingEventConnection.*           y N F F F P F y y U
  MarketingEventEdge.*                 y N F F F P F y y U
  MarketingPreferences.*               y N F F F P F y y U
  MarketingPreferencesPayload.*        y N F F F F F y y U
  Objection.*                          y N F F F P F y y U
  ObjectionsPayload.*                  y N F F F F F y y U
  PolicyPayload.*                      F F F F F F F C F U
  PolicyVersion.*                      y y y y y y y y y y
  PrivacyRequest.*                     y N F F F F F y y U
  PrivacyRequestConnection.*           y N F F F P F y y U
  PrivacyRequestEdge.*                 y N F F F P F y y U
  PrivacyRequestPayload.*              y N F F F F F y y U
  Profile.displayName                  y N y P P P P y y U
  Profile.email                        y N y P P P P y y U
  Profile.familyName                   y N y P P P P y y U
  Profile.givenName                    y N y P P P P y y U
  Profile.jobTitle                     y N y P P P P y y U
  Profile.locale                       y N y P P P P y y U
  Profile.organisation                 y N y P P P P y y U
  Profile.phone                        y N y P P P P y y U
  Profile.postalAddress                y N y P P P P y y U
  Profile.updatedAt                    y N y P P P P y y U
  Purpose.*                            y y y y y y y y y U
  RedeliverEventsPayload.*             F F F F F F F y F U
  RequestEvent.*                       y N F F F F F y y U
  Service.*                            y y y y y y y y y U
  ServiceLink.externalId               y N y P P P P y y U
  ServiceLink.linkedAt                 y N y P P P P y y U
  ServiceLink.service                  y N y P P P P y y U
  ServiceTask.*                        y N F F F F F y y U
  SoftOptIn.*                          F F P P y P F y y U
  SoftOptInPayload.*                   F F P P y P F y y U
  SuppressionAnswer.*                  F F P P y P F y y U
  SuppressionPayload.*                 F F P P y P F y y U
  Told.*                               y N F F F P F y y U
  TopicPreference.*                    y N F F F P F y y U
  Unsubscribe.*                        - N P P - P F - - U
  Viewer.*                             y y y y y y y y y y

  # The audit tool
  EhcpAudit.*                          y N y y P P - y y U
  EhcpAuditOrganisationsConnection.*   y N y y P P - y y U
  EhcpAuditOrganisationsEdge.*         y N y y P P - y y U
  EhcpAuditOrganisations.id            y N y y P P - y y U
  EhcpAuditOrganisations.name          y N y P P P P y y U
  EhcpAuditOrganisations.kind          y N y P P P P y y U
  EhcpAuditOrganisations.town          y N y P P P P y y U
  EhcpAuditOrganisations.licensedUntil y N y P P P P y y U
  EhcpAuditMembersConnection.*         y N y y P P - y y U
  EhcpAuditMembersEdge.*               y N y y P P - y y U
  EhcpAuditMembers.id                  y N y y P P - y y U
  EhcpAuditMembers.externalId          y N y P P P P y y U
  EhcpAuditMembers.email               y N y P P P P y y U
  EhcpAuditMembers.name                y N y P P P P y y U
  EhcpAuditMembers.role                y N y P P P P y y U
  EhcpAuditMembers.organisationId      y N y P P P P y y U
  EhcpAuditMembers.joinedAt            y N y P P P P y y U
  EhcpAuditAuditsConnection.*          y N y y P P - y y U
  EhcpAuditAuditsEdge.*                y N y y P P - y y U
  EhcpAuditAudits.id                   y N y y P P - y y U
  EhcpAuditAudits.leadMemberId         y N y P P P P y y U
  EhcpAuditAudits.title                y N y y P P - y y U
  EhcpAuditAudits.status               y N y y P P - y y U
  EhcpAuditAudits.openedAt             y N y y P P - y y U
  EhcpAuditAudits.closedAt             y N y y P P - y y U
  EhcpAuditAuditedPlansConnection.*    y N y y P P - y y U
  EhcpAuditAuditedPlansEdge.*          y N y y P P - y y U
  EhcpAuditAuditedPlans.id             y N y y P P - y y U
  EhcpAuditAuditedPlans.auditId        y N y y P P - y y U
  EhcpAuditAuditedPlans.planReference  y N y P P P P y y U
  EhcpAuditAuditedPlans.yearGroup      y N y P P P P y y U
  EhcpAuditAuditedPlans.needsCategory  y N y P P P P y y U
  EhcpAuditAuditedPlans.overallGrade   y N y y P P - y y U
  EhcpAuditAuditedPlans.auditedAt      y N y y P P - y y U
  EhcpAuditFindingsConnection.*        y N y y P P - y y U
  EhcpAuditFindingsEdge.*              y N y y P P - y y U
  EhcpAuditFindings.*                  y N y y P P - y y U
  EhcpAuditCommentsConnection.*        y N y y P P - y y U
  EhcpAuditCommentsEdge.*              y N y y P P - y y U
  EhcpAuditComments.id                 y N y y P P - y y U
  EhcpAuditComments.authorMemberId     y N y P P P P y y U
  EhcpAuditComments.findingId          y N y y P P - y y U
  EhcpAuditComments.body               y N y y P P P y y U
  EhcpAuditComments.writtenAt          y N y y P P P y y U

  # The newsletter
  Newsletter.campaigns                 y N y P P P P y y U
  Newsletter.opens                     y N y P P P P y y U
  Newsletter.sends                     y N y P P P P y y U
  Newsletter.subscriptions             y N y P - P P y y U
  NewsletterSubscriptionsConnection.*  y N y P - P P y y U
  NewsletterSubscriptionsEdge.*        y N y P - P P y y U
  NewsletterSubscriptions.email        y N y P - P P y y U
  NewsletterSubscriptions.externalId   y N y P P P P y y U
  NewsletterSubscriptions.id           y N y P P P P y y U
  NewsletterSubscriptions.source       y N y P - P P y y U
  NewsletterSubscriptions.subscribedAt y N y P - P P y y U
  NewsletterSubscriptions.topic        y N y P - P P y y U
  NewsletterSubscriptions.unsubscribedAt y N y P - P P y y U
  NewsletterSendsConnection.*          y N y P P P P y y U
  NewsletterSendsEdge.*                y N y P P P P y y U
  NewsletterSends.*                    y N y P P P P y y U
  NewsletterCampaignsConnection.*      y N y P P P P y y U
  NewsletterCampaignsEdge.*            y N y P P P P y y U
  NewsletterCampaigns.*                y N y P P P P y y U
  NewsletterOpensConnection.*          y N y P P P P y y U
  NewsletterOpensEdge.*                y N y P P P P y y U
  NewsletterOpens.*                    y N y P P P P y y U

  # The support desk
  Support.profile                      y N y P P P P y y U
  Support.tickets                      y N y y P P P y y U
  SupportProfileConnection.*           y N y P P P P y y U
  SupportProfileEdge.*                 y N y P P P P y y U
  SupportProfile.*                     y N y P P P P y y U
  SupportTicketsConnection.*           y N y y P P P y y U
  SupportTicketsEdge.*                 y N y y P P P y y U
  SupportTickets.*                     y N y y P P P y y U
  SupportTicketsMessages.*             y N y y P P P y y U

  # The training service
  TrainingRecord.registeredAt          y N y y P P P y y U
  TrainingRecord.accessNeeds           y N y P P P P y y U
  TrainingRecord.bookings              y N y y P P - y y U
  TrainingRecord.certificates          y N y y P P - y y U
  TrainingRecord.nextCourse            y N y y P P - y y U
  BookingConnection.*                  y N y y P P - y y U
  BookingEdge.*                        y N y y P P - y y U
  Booking.id                           y N y y P P - y y U
  Booking.bookedAt                     y N y y P P - y y U
  Booking.status                       y N y y P P - y y U
  Booking.attended                     y N y P P P - y y U
  Booking.feedback                     y N y y P P - y y U
  Booking.course                       y N y y P P - y y U
  Certificate.id                       y N y y P P - y y U
  Certificate.serial                   y N y P P P P y y U
  Certificate.issuedOn                 y N y y P P - y y U
  Certificate.expiresOn                y N y y P P - y y U
  Course.*                             y y y y y y y y y U
`;

/** What a company's own router finds at /subgraph beside Habeas' own part of the graph. */
const SUBGRAPH_TABLE = `
  #                                    owner, other, service, improver, mailer, purposeless, external, dps, support, nobody
  Query._entities                      y - y y y - y y y U
  Query._service                       y y y y y y y y y y
  _Service.sdl                         y y y y y y y y y y
`;

/** The matrix by coordinate; a key may be `Type.*`. */
export const MATRIX = readTable(TABLE);
export const SUBGRAPH_MATRIX = readTable(SUBGRAPH_TABLE);

/** The row of a field: its own, or that of its type. */
export function rowOf(coordinate: string): Row | null {
  return MATRIX.get(coordinate) ?? MATRIX.get(coordinate.replace(/\..*$/, '.*')) ?? null;
}

function readTable(table: string): ReadonlyMap<string, Row> {
  return new Map(
    table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([first = '']) => first !== '' && first !== '#')
      .map(([coordinate = '', ...letters]) => [coordinate, readRow(coordinate, letters)]),
  );
}

function readRow(coordinate: string, letters: readonly string[]): Row {
  if (letters.length !== CALLERS.length) throw new Error(`the row of ${coordinate} has ${letters.length} columns`);
  const verdicts = CALLERS.map((caller, column) => {
    const letter = letters[column] ?? '';
    if (!isLetter(letter)) throw new Error(`the row of ${coordinate} says ${letter}`);
    return [caller, VERDICTS[letter]];
  });
  return Object.fromEntries(verdicts) as Row;
}

function isLetter(text: string): text is keyof typeof VERDICTS {
  return Object.hasOwn(VERDICTS, text);
}
