import { describeClients } from './describe-clients.js';
import { HTTP } from './http.js';

describe('a client of HTTP', () => describeClients('http', HTTP));
