/**
 * Names that real forms get wrong: apostrophes, hyphens, accents in both Unicode forms, right-to-left scripts, Chinese,
 * Japanese and Korean, words a program may take for its own, and letters a spreadsheet takes for a formula.
 */
export interface UnusualName {
  readonly givenName: string;
  readonly familyName: string;
  /** Only where it differs from given and family name together. */
  readonly displayName?: string;
  /** What stands before the @ of the work address. */
  readonly mailbox: string;
  readonly locale: string;
}

export const UNUSUAL_NAMES: readonly UnusualName[] = [
  { givenName: 'Aoife', familyName: "O'Brien", mailbox: 'aoife.obrien', locale: 'en-GB' },
  { givenName: 'Siân', familyName: 'Llewellyn-Pugh', mailbox: 'sian.llewellyn-pugh', locale: 'cy-GB' },
  { givenName: 'Llŷr', familyName: 'ap Gwilym', mailbox: 'llyr.apgwilym', locale: 'cy-GB' },
  { givenName: 'Angharad', familyName: "Tŷ'r-Felin", mailbox: 'angharad.tyrfelin', locale: 'cy-GB' },
  { givenName: 'Priya', familyName: 'Raman', displayName: 'Priya Raman 🌟', mailbox: 'priya.raman', locale: 'en-GB' },
  { givenName: 'Joanne', familyName: 'Hall', displayName: '👩‍🏫 Miss Hall', mailbox: 'joanne.hall', locale: 'en-GB' },
  { givenName: 'فاطمة', familyName: 'الزهراء', mailbox: 'fatima.alzahra', locale: 'ar' },
  { givenName: 'محمد', familyName: 'عبد الرحمن', mailbox: 'mohammed.abdulrahman', locale: 'ar' },
  { givenName: 'נועה', familyName: 'בן־דוד', mailbox: 'noa.ben-david', locale: 'he' },
  { givenName: 'שירה', familyName: 'לוי', displayName: 'Shira Levy (שירה לוי)', mailbox: 'shira.levy', locale: 'he' },
  { givenName: '小明', familyName: '王', displayName: '王小明', mailbox: 'xiaoming.wang', locale: 'zh' },
  { givenName: '花子', familyName: '山田', displayName: '山田 花子', mailbox: 'hanako.yamada', locale: 'ja' },
  { givenName: '민준', familyName: '김', displayName: '김민준', mailbox: 'minjun.kim', locale: 'ko' },
  { givenName: 'Ánh', familyName: 'Nguyễn Thị', displayName: 'Nguyễn Thị Ánh', mailbox: 'anh.nguyen', locale: 'vi' },
  { givenName: 'Małgorzata', familyName: 'Żółkiewska-Łąć', mailbox: 'malgorzata.zolkiewska', locale: 'pl' },
  { givenName: 'İpek', familyName: 'Işık', mailbox: 'ipek.isik', locale: 'tr' },
  { givenName: 'Þórunn', familyName: 'Guðmundsdóttir', mailbox: 'thorunn.gudmundsdottir', locale: 'is' },
  // Written with combining marks, as some keyboards do: equal to the eye, not to a comparison of characters.
  { givenName: 'Zoe\u0308', familyName: 'Be\u0301langer', mailbox: 'zoe.belanger', locale: 'fr' },
  {
    givenName: 'Maximiliana Alexandrina Wilhelmina Theodora Persephone',
    familyName: 'Featherstonehaugh-Cholmondeley-Marjoribanks-Ponsonby-Fotheringay-Wriothesley-Beauchamp',
    mailbox: 'm.featherstonehaugh',
    locale: 'en-GB',
  },
  { givenName: 'Jennifer', familyName: 'Null', mailbox: 'jennifer.null', locale: 'en-GB' },
  { givenName: 'True', familyName: "D'Souza", mailbox: 'true.dsouza', locale: 'en-GB' },
  {
    givenName: 'Hitesh',
    familyName: 'Patel',
    displayName: '@mr_patel_senco',
    mailbox: 'hitesh.patel',
    locale: 'en-GB',
  },
  { givenName: 'Samantha', familyName: 'Carter', displayName: '=Sam Carter', mailbox: 'sam.carter', locale: 'en-GB' },
  {
    givenName: 'Benedict',
    familyName: 'Hughes',
    displayName: 'Ben Hughes <SEN & Inclusion>',
    mailbox: 'benedict.hughes',
    locale: 'en-GB',
  },
  {
    givenName: 'Rosalind',
    familyName: 'Okonkwo',
    displayName: 'Rosalind "Roz" Okonkwo',
    mailbox: 'roz.okonkwo',
    locale: 'en-GB',
  },
  { givenName: 'Ó', familyName: 'Li', mailbox: 'o.li', locale: 'en-GB' },
];
