import { migrate } from '../../dist/src/database/migrate.js';

// Brings a database up to date.
await migrate(process.argv[2]);
