/** What of an event a service is told. Nothing personal but the id it knows the person by. */
export interface Telling {
  readonly type: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly purpose: string | null;
  readonly policyVersion: number | null;
}

/** Of the shape below; a new one is a new number, and keys are only ever added to a version. */
const PAYLOAD_VERSION = 1;

/** The body of a webhook: the same for every attempt. */
export function payload(event: Telling, externalId: string): string {
  const { type, occurredAt, recordedAt, purpose, policyVersion } = event;
  return JSON.stringify({
    type,
    version: PAYLOAD_VERSION,
    timestamp: recordedAt.toISOString(),
    data: {
      externalId,
      occurredAt: occurredAt.toISOString(),
      ...(purpose === null ? {} : { purpose }),
      ...(policyVersion === null ? {} : { policyVersion }),
    },
  });
}
