import { describeClients } from './describe-clients.js';
import { GOOGLE } from './google.js';

describe('a client of Google', () => describeClients('google', GOOGLE));
