import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { send } from '../http/send.js';
import { headerOf, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { UiAssets, type Asset } from './ui-assets.js';
import { NOT_BUILT } from './plain-pages.js';
import { baseOf, isPagePath, subPathOf } from './page-path.js';

/** Allows only same-origin resources, and no inline scripts or styles. */
const PAGE_POLICY = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'font', 'connect'].map((what) => `${what}-src 'self'`),
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the page, for every path of its client-side router, and its assets. */
@Injectable()
export class PageEndpoint {
  constructor(
    private readonly assets: UiAssets,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
  ) {}

  async handle(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const place = subPathOf(request);
    if (place === null || /^login(?:\/|$)/.test(place)) throw pageNotFound();
    const asset = place === 'index.html' ? null : await this.assets.find(place);
    if (asset) return sendAsset(asset, request, response);
    // A missing asset must not be answered with the page.
    if (/\.\w+$/.test(place) || place.startsWith('assets/')) throw pageNotFound();
    const isKnown = isPagePath(place);
    // Clients other than browsers get a plain 404.
    if (!isKnown && !(headerOf(request, 'accept') ?? '').includes('text/html')) throw pageNotFound();
    const page = (await this.assets.page()) ?? NOT_BUILT;
    const base = baseOf(request, place, this.settings.path ?? '');
    send(
      response,
      // The page renders its own not-found view.
      isKnown ? 200 : 404,
      { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
      page.replace('<head>', `<head><base href="${base}">`),
    );
  }
}

function sendAsset(asset: Asset, request: PlatformRequest, response: PlatformResponse): void {
  const headers = {
    'content-type': asset.type,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': asset.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    etag: asset.etag,
    vary: 'accept-encoding',
  };
  if (headerOf(request, 'if-none-match') === asset.etag) return send(response, 304, headers, '');
  const accepted = headerOf(request, 'accept-encoding') ?? '';
  if (asset.gzipped && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted))
    return send(response, 200, { ...headers, 'content-encoding': 'gzip' }, asset.gzipped);
  send(response, 200, headers, asset.body);
}

function pageNotFound(): NotFoundException {
  return new NotFoundException('Page not found.');
}
