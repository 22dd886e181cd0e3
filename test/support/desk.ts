import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with the manifest of one small service at `url`: a desk that is asked by external id. */
export function deskManifests(url: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'habeas-desk-'));
  writeFileSync(path.join(folder, 'desk.yml'), deskManifest(url));
  return folder;
}

export const deskManifest = (url: string) => `habeas:
  affiliation: affiliated
  country: GB
  connection:
    http: { url: "${url}/gdpr/{externalId}" }
system:
  - fides_key: desk
    name: Desk
    system_type: Application
    privacy_declarations:
      - data_use: essential.service
        data_categories: [user]
        data_subjects: [customer]
        legal_basis_for_processing: Contract
        retention_period: P1Y
dataset:
  - fides_key: desk
    name: Desk
    collections:
      - name: tickets
        fields:
          - { name: ticket_id, data_categories: [user.content], fides_meta: { data_type: string, primary_key: true } }
          - { name: subject, data_categories: [user.content], fides_meta: { data_type: string } }
`;
