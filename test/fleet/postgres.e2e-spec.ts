import { PostgresDatabase } from '../support/postgres-database.js';
import { fleetScenarios } from './scenarios.js';

describe('a fleet with a database in PostgreSQL', () => fleetScenarios(new PostgresDatabase()));
