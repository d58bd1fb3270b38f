/** Packages for HTTP that the tests of transports use. */
export { HttpService } from '@nestjs/axios';
export { default as axios } from 'axios';
export { default as got } from 'got';
export { default as ky } from 'ky';
export { default as nodeFetch } from 'node-fetch';
export {
  Agent as UndiciAgent,
  fetch as undiciFetch,
  request as undiciRequest,
  Request as UndiciRequest,
} from 'undici';
