import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { packageRoot } from '../../../runtime/package-root.js';

/** File of the page, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** `null` if compression does not make it smaller. */
  readonly gzipped: Buffer | null;
  readonly etag: string;
  /** True if the name contains a hash of the content. */
  readonly immutable: boolean;
}

/**
 * Assets of the page in `dist/ui`. They are read once, on the first request, and looked up by exact name, so that no
 * path can reach another file.
 */
@Injectable()
export class UiAssets {
  private assets: Promise<ReadonlyMap<string, Asset>> | null = null;

  /** Returns an asset by its path below `dist/ui`, or `null`. */
  async find(name: string): Promise<Asset | null> {
    return (await this.all()).get(name) ?? null;
  }

  /** Returns the HTML of the page, or `null` if it was not built. */
  async page(): Promise<string | null> {
    return (await this.find('index.html'))?.body.toString('utf8') ?? null;
  }

  private all(): Promise<ReadonlyMap<string, Asset>> {
    return (this.assets ??= load());
  }
}

async function load(): Promise<ReadonlyMap<string, Asset>> {
  const root = packageRoot();
  const folder = root && join(root, 'dist', 'ui');
  const entries = folder
    ? await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
    : [];
  const files = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)]);
  const assets = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder!, path).split(sep).join('/'), await readAsset(path)] as const;
    }),
  );
  return new Map(assets);
}

async function readAsset(path: string): Promise<Asset> {
  const body = await readFile(path);
  const type = TYPES[extname(path)]!;
  const gzipped =
    type.startsWith('image/png') || type.startsWith('font/') ? body : await promisify(gzip)(body);
  return {
    type,
    body,
    gzipped: gzipped.length < body.length ? gzipped : null,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: /-[\w-]{8,}\.\w+$/.test(path),
  };
}

/** Allowed file types. All other files in the folder are ignored. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
