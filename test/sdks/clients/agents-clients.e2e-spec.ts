import { describeClients } from './describe-clients.js';
import { AGENTS } from './agents.js';

describe('a client of agents', () => describeClients('agents', AGENTS));
