import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Sessions } from './sessions.js';

/** Login handlers, which must be reachable without the token. */
const loginHandlers = new WeakSet<object>();

/** Exempts a handler from the token. */
export function allowWithoutToken(handler: object): void {
  loginHandlers.add(handler);
}

/** Refuses requests without the token, if one is configured. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  canActivate(context: ExecutionContext): boolean {
    if (loginHandlers.has(context.getHandler())) return true;
    const http = context.switchToHttp();
    if (!this.sessions.authenticate(http.getRequest(), http.getResponse()))
      throw new TokenRequiredException();
    return true;
  }
}

export class TokenRequiredException extends UnauthorizedException {
  constructor() {
    super('The dashboard requires its token. Send it as "Authorization: Bearer <token>".');
  }
}
