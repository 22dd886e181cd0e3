import { readPublicKeys } from '../crypto/keys.js';
import { type Certificate, verifyCertificate } from '../erasures/certificate.js';
import { listing, printable, readSignedFile, requireSame } from './signed-file.js';

/**
 * What was erased, for people, out of a file with a signed certificate. Needs neither network nor database. Throws
 * where the certificate is not genuine.
 */
export async function certificateText(file: string, keysFile: string): Promise<string> {
  const { jws, json } = readSignedFile(file, 'certificate');
  const { certificate, kid } = await verifyCertificate(jws, readPublicKeys(keysFile));
  requireSame(json, certificate, 'certificate');
  return describe(certificate, kid);
}

type Act = Certificate['request']['asked'];

function describe(certificate: Certificate, kid: string): string {
  const { request, services } = certificate;
  const by = ({ role, id, at }: Act) => `${role} ${id}${at ? `, ${at}` : ''}`;
  const done = services.flatMap(({ service, collections }) =>
    collections.map(({ collection, action, records, at, reason, kept_until: until, evidence }) => {
      const when = at ? `, ${at}` : '';
      const why = [reason, until && `until ${until}`].filter(Boolean).join(', ');
      const left = evidence.records_left === null ? '' : `; read again: ${evidence.records_left} left`;
      return `${service} ${collection}: ${action} ${records}${when}${why && ` (${why})`}${left}`;
    }),
  );
  const told = listing([
    ['certificate', [certificate.id]],
    ['issued by', [`${certificate.controller}, ${certificate.issuer}`]],
    ['request', [request.id]],
    ['account', [request.account]],
    ['asked by', [by(request.asked)]],
    ['approved by', [request.approved ? by(request.approved) : 'nobody: no approval was needed']],
    ['plan', [`SHA-256 ${request.plan_sha256}`]],
    ['carried out', [`${certificate.started_at} to ${certificate.completed_at}`]],
    ['key', [certificate.key_destroyed_at ? `destroyed ${certificate.key_destroyed_at}` : 'kept']],
    ['services', done],
  ]);
  return `${[`The certificate is genuine, signed with key ${printable(kid)}.`, ...told].join('\n')}\n`;
}
