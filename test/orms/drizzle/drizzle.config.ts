import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './drizzle/schema.ts',
  out: process.env['DRIZZLE_OUT']!,
  schemaFilter: ['public'],
  dbCredentials: { url: process.env['DATABASE_URL']! },
});
