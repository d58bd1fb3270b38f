import { describeClients } from './describe-clients.js';
import { WEBSOCKETS } from './websockets.js';

describe('a client over WebSocket', () => describeClients('websockets', WEBSOCKETS));
