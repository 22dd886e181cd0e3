import { describe, expect, it } from 'vitest';
import { AboutError, type AboutInput, about, missingFromAbout } from '../../../src/exports/package/about.js';
import { CONTROLLER, serviceNamed } from './packing.js';

const TITLES: Record<string, string> = {
  'essential.service': 'Provide the service',
  'user.contact': 'Contact details',
  customer: 'Customers',
};

const input = (more: Partial<AboutInput> = {}): AboutInput => ({
  ...CONTROLLER,
  services: [serviceNamed('support'), serviceNamed('training')],
  parts: [
    { service: 'support', records: 12 },
    { service: 'training', records: 0 },
  ],
  incomplete: [],
  disclosures: [],
  withheld: [],
  titleOf: (_kind, key) => TITLES[key] ?? key,
  ...more,
});
const [declared] = serviceNamed('support').declarations;
if (!declared) throw new Error('the sample service declares a use');
const withDeclaration = (more: Partial<typeof declared>) =>
  serviceNamed('support', { declarations: [{ ...declared, ...more }] });
const only = (service: ReturnType<typeof serviceNamed>) =>
  input({ services: [service], parts: [{ service: 'support', records: 1 }] });

describe('about.json', () => {
  it('Art15(1) says whether data is processed: yes', () => {
    expect(about(input()).confirmation).toEqual({
      processed: 'yes',
      text: 'Yes, we hold and use personal data about you, in 1 of 2 services.',
    });
  });

  it('Art15(1) says whether data is processed: no, and only when every service was searched', () => {
    const parts = [{ service: 'support', records: 0 }];
    expect(about(input({ services: [serviceNamed('support')], parts })).confirmation.processed).toBe('no');
    const incomplete = [{ service: 'training', reason: 'It did not answer.' }];
    expect(about(input({ parts, incomplete })).confirmation.processed).toBe('unknown');
  });

  it('Art15(1)(a) purposes have titles from the taxonomy, and their lawful basis', () => {
    expect(about(input()).services[0]?.uses[0]).toMatchObject({
      purpose: { key: 'essential.service', title: 'Provide the service', name: null },
      lawfulBasis: 'A contract with you (Article 6(1)(b))',
    });
  });

  it('Art15(1)(b) categories have titles from the taxonomy', () => {
    expect(about(input()).services[0]?.uses[0]?.categories).toEqual([
      { key: 'user.contact', title: 'Contact details' },
    ]);
    expect(about(input()).services[0]?.uses[0]?.subjects).toEqual([{ key: 'customer', title: 'Customers' }]);
  });

  it('Art15(1)(c) recipients are named, also those of one-off disclosures', () => {
    const recipients = (service: ReturnType<typeof serviceNamed>) =>
      about(only(service)).services[0]?.uses[0]?.recipients;
    expect(recipients(withDeclaration({ thirdParties: 'Mailwind Ltd' }))).toBe('Mailwind Ltd');
    expect(recipients(withDeclaration({ thirdParties: null }))).toBe('Nobody outside Lantern Education Ltd');
    const disclosures = [
      { recipient: 'Portsmouth City Council', purpose: 'Asked by a court', at: new Date('2026-02-03T00:00:00Z') },
    ];
    expect(about(input({ disclosures })).disclosures).toEqual([
      { recipient: 'Portsmouth City Council', purpose: 'Asked by a court', at: '2026-02-03T00:00:00.000Z' },
    ]);
  });

  it.each([
    ['P6Y', '6 years'],
    ['P1Y6M', '1 year and 6 months'],
    ['P30D', '30 days'],
    ['until you leave', 'until you leave'],
    [null, 'As long as this purpose needs it; no fixed period is set'],
  ])('Art15(1)(d) retention %j is told as %j', (retentionPeriod, told) => {
    expect(about(only(withDeclaration({ retentionPeriod }))).services[0]?.uses[0]?.retention).toBe(told);
  });

  it('Art15(1)(d) retention of single collections is told', () => {
    const service = serviceNamed('support', { retention: new Map([['tickets', { for: 'P2Y', from: 'closed_at' }]]) });
    expect(about(only(service)).services[0]?.retention).toEqual([
      { collection: 'tickets', title: 'Tickets', period: '2 years after “Closed at”' },
    ]);
  });

  it('Art15(1)(e) rights to rectification, erasure, restriction and objection are listed', () => {
    const articles = about(input()).rights.map((right) => right.article);
    expect(articles).toEqual(expect.arrayContaining(['16', '17', '18', '21']));
  });

  it('Art15(1)(f) P77 P78 complaints go to us and to the ICO', () => {
    const { toUs, toAuthority } = about(input()).complaints;
    expect(toUs).toMatchObject(CONTROLLER.dps);
    expect(toUs.text).toContain('section 164A');
    expect(toAuthority).toMatchObject({ url: 'https://ico.org.uk/make-a-complaint/', phone: '0303 123 1113' });
  });

  it('Art15(1)(g) source is told where it is not the person', () => {
    expect(about(input()).services[0]?.source).toMatch(/^From you/);
    const service = serviceNamed('support', { source: 'Your employer' });
    expect(about(only(service)).services[0]?.source).toBe('Your employer');
  });

  it('Art15(1)(h) P30 automated decisions: none, said explicitly', () => {
    expect(about(input()).automatedDecisions).toMatchObject({ exist: false, text: expect.stringMatching(/^None\./) });
  });

  it.each([
    ['GB', null, { countryName: 'United Kingdom', outsideUk: false, outsideEea: false, safeguard: null }],
    [
      'DE',
      null,
      { countryName: 'Germany', outsideUk: true, outsideEea: false, safeguard: expect.stringContaining('adequacy') },
    ],
    [
      'US',
      'IDTA',
      {
        countryName: 'United States',
        outsideUk: true,
        outsideEea: true,
        safeguard: expect.stringContaining('International Data Transfer Agreement'),
      },
    ],
  ] as const)('Art15(2) P48 transfers: data in %s with safeguard %j', (country, transferSafeguard, location) => {
    expect(about(only(serviceNamed('support', { country, transferSafeguard }))).services[0]?.location).toEqual({
      country,
      ...location,
    });
  });

  it('P27 says of each service whether it was searched, and why not', () => {
    const incomplete = [{ service: 'training', reason: 'It did not answer.' }];
    const result = about(input({ incomplete }));
    expect(result.services.map(({ status, records, reason }) => ({ status, records, reason }))).toEqual([
      { status: 'complete', records: 12, reason: null },
      { status: 'failed', records: 0, reason: 'It did not answer.' },
    ]);
    expect(result.search.searched.map(({ status }) => status)).toEqual(['complete', 'failed']);
  });

  it('says what was withheld and under which exemption', () => {
    const withheld = [{ what: 'Legal advice', exemption: 'Legal professional privilege' }];
    expect(about(input({ withheld })).search).toMatchObject({
      withheld,
      text: expect.stringMatching(/is listed here/),
    });
    expect(about(input()).search.text).toBe('Nothing was withheld.');
  });

  it('P01 names the controller and the Data Protection Specialist', () => {
    expect(about(input())).toMatchObject({
      controller: CONTROLLER.controller,
      dataProtectionSpecialist: CONTROLLER.dps,
    });
  });
});

describe('about.json is refused rather than left with a gap', () => {
  it.each([
    ['no purposes', only(serviceNamed('support', { declarations: [] })), /^support: no purpose is declared/],
    [
      'no categories',
      only(withDeclaration({ dataCategories: [] })),
      /^support: a privacy declaration names no data_categories/,
    ],
    [
      'no safeguard abroad',
      only(serviceNamed('support', { country: 'US' })),
      /^support: data rests in United States; add transfer_safeguard/,
    ],
    [
      'no result of a service',
      input({ parts: [{ service: 'support', records: 1 }] }),
      /^training: was neither read nor reported/,
    ],
    ['no controller', input({ controller: { ...CONTROLLER.controller, name: ' ' } }), /^controller name: is empty/],
    ['no address', input({ controller: { ...CONTROLLER.controller, address: '' } }), /^controller address: is empty/],
    ['no one to write to', input({ dps: { email: '', address: 'x' } }), /^Data Protection Specialist e-mail: is empty/],
  ])('%s', (_gap, incomplete, message) => {
    expect(() => about(incomplete)).toThrow(AboutError);
    expect(() => about(incomplete)).toThrow(message);
  });

  it('can be asked beforehand, before anybody has been searched for', () => {
    const services = [serviceNamed('support', { declarations: [] }), serviceNamed('training')];
    expect(missingFromAbout({ ...CONTROLLER, services })).toEqual([
      'support: no purpose is declared; add privacy_declarations to its system.',
    ]);
    expect(missingFromAbout({ ...CONTROLLER, services: [serviceNamed('training')] })).toEqual([]);
  });
});
