import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Sessions } from './sessions.js';

/** The handlers that take the token, and so are reached without it. */
const logins = new WeakSet<object>();

/** Lets a handler be called without the token. */
export function allowWithoutToken(handler: object): void {
  logins.add(handler);
}

/** Refuses requests without the token, if there is one. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  canActivate(context: ExecutionContext): boolean {
    if (logins.has(context.getHandler())) return true;
    const http = context.switchToHttp();
    if (!this.sessions.admit(http.getRequest(), http.getResponse())) throw new TokenRequiredException();
    return true;
  }
}

export class TokenRequiredException extends UnauthorizedException {
  constructor() {
    super('This needs the token of the dashboard: Authorization: Bearer <token>.');
  }
}
