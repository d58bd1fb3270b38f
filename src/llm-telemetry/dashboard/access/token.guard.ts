import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Sessions } from './sessions.js';

/** Lets nobody in without the token, where there is one. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  canActivate(context: ExecutionContext): boolean {
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
