/**
 * Who may import whom, downwards only:
 * ways in → server → graph → capabilities' resolvers → capabilities → gate, services, events → crypto, jobs, database → kernel.
 */
const RESOLVERS = String.raw`\.(resolver|types)\.ts$`;
const CAPABILITIES =
  'accounts|consents|marketing|policies|requests|exports|erasures|retention|disclosures|audit|clients|statistics';

/** From the bottom up: what belongs to each layer. A file belongs to the first that fits. */
const LAYERS = [
  { name: 'kernel', path: String.raw`^src/(config|errors|clock|telemetry)\.ts$` },
  { name: 'crypto, jobs, database', path: '^src/(crypto|jobs|database)/' },
  { name: 'gate, services, events', path: '^src/(gate|services|events)/', pathNot: RESOLVERS },
  { name: 'what is handed to capabilities', path: String.raw`^src/(world|scalars|connection)\.ts$` },
  { name: 'capabilities', path: `^src/(${CAPABILITIES})/`, pathNot: RESOLVERS },
  { name: 'resolvers', path: String.raw`^src/(${CAPABILITIES}|services|events)/.*\.(resolver|types)\.ts$` },
  { name: 'graph', path: '^src/graph/' },
  { name: 'server', path: '^src/server/' },
  { name: 'ways in', path: String.raw`^src/(cli/|main\.ts$)` },
];

const upward = LAYERS.flatMap((layer, height) =>
  LAYERS.slice(height + 1).map((above) => ({
    name: `${layer.name} must not import ${above.name}`,
    severity: 'error',
    from: { path: layer.path, ...(layer.pathNot ? { pathNot: layer.pathNot } : {}) },
    to: { path: above.path, ...(above.pathNot ? { pathNot: above.pathNot } : {}) },
  })),
);

export default {
  forbidden: [
    ...upward,
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every file has a layer',
      severity: 'error',
      from: { path: '^src/', pathNot: LAYERS.map(({ path }) => path).join('|') },
      to: {},
    },
    {
      name: 'tables are used by their own capability',
      comment: 'Another one calls the public file; only tables may point at tables, for foreign keys.',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: String.raw`\.tables\.ts$` },
      to: { path: String.raw`^src/([^/]+)/.*\.tables\.ts$`, pathNot: '^src/$1/' },
    },
    {
      name: 'the product does not import examples or tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(examples|test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|schema/client)/' },
  },
};
