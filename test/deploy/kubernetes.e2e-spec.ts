import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Model } from '@kubernetes-models/base';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import ts from 'typescript';
import {
  deployPath,
  parseManifests,
  readDeployed,
  unknownVariables,
  type Manifest,
} from './deployment-files.js';

const KINDS: Readonly<Record<string, new (manifest: never) => Model<unknown>>> = {
  'apps/v1 Deployment': Deployment,
  'batch/v1 Job': Job,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 Service': Service,
};

const FILES = readdirSync(deployPath('kubernetes')).sort();
const all = FILES.flatMap((file) => parseManifests(`kubernetes/${file}`));
const deployment = all.find(({ kind }) => kind === 'Deployment') as unknown as DeploymentManifest;
const pod = deployment.spec.template.spec;
const [container] = pod.containers;

interface DeploymentManifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly [ContainerManifest];
        readonly volumes: ReadonlyArray<{ readonly name: string }>;
      };
    };
  };
}

interface ContainerManifest {
  readonly env: ReadonlyArray<{ readonly name: string; readonly value?: string }>;
  readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>;
  readonly volumeMounts: ReadonlyArray<{ readonly name: string; readonly mountPath: string }>;
}

/** No cluster is available in tests, so the manifests are compared with the schemas of Kubernetes. */
describe('deploy/kubernetes', () => {
  it.each(all.map((manifest): [string, Manifest] => [`${manifest.apiVersion} ${manifest.kind}`, manifest]))(
    'contains a valid %s',
    (kind, manifest) => {
      const model = new KINDS[kind]!(manifest as never);
      expect(() => model.validate()).not.toThrow();
    },
  );

  it('contains no fields that Kubernetes does not know', () => {
    expect(typeErrors(all)).toEqual([]);
    const misspelled = { ...deployment, spec: { ...deployment.spec, replica: 3 } } as unknown as Manifest;
    expect(typeErrors([misspelled]).join('\n')).toContain('replica');
  });

  it('selects the pods of the deployment in all manifests', () => {
    const { matchLabels } = deployment.spec.selector;
    expect(deployment.spec.template.metadata.labels).toEqual(matchLabels);
    const [service, budget] = ['Service', 'PodDisruptionBudget'].map((kind) =>
      all.find((manifest) => manifest.kind === kind),
    );
    expect(service).toMatchObject({ spec: { selector: matchLabels, ports: [{ targetPort: 'http' }] } });
    expect(budget).toMatchObject({ spec: { selector: { matchLabels } } });
  });

  it('sets only variables that the example service reads, and the port that it listens on', () => {
    const own = container.env.map(({ name }) => name).filter((name) => name !== 'POD_NAME');
    expect(unknownVariables(own)).toEqual([]);
    const port = container.env.find(({ name }) => name === 'PORT')!.value;
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(port) }]);
  });

  it('has a writable volume for the buffer at the path of the image, and nothing else is writable', () => {
    const folder = /^RUN mkdir (\S+)/m.exec(readDeployed('Dockerfile'))![1]!;
    expect(container.volumeMounts).toEqual([{ name: 'buffer', mountPath: `/app/${folder}` }]);
    expect(pod.volumes.map(({ name }) => name)).toEqual(['buffer']);
    expect(container).toMatchObject({ securityContext: { readOnlyRootFilesystem: true } });
  });

  it('says that it was not run against a cluster', () => {
    for (const file of FILES)
      expect(readDeployed(`kubernetes/${file}`).replaceAll('\n# ', ' ')).toContain(
        'not run against a cluster',
      );
  });
});

/** Compiles manifests as literals: TypeScript reports unknown fields, which the validators of the package accept. */
function typeErrors(manifests: readonly Manifest[]): string[] {
  const file = fileURLToPath(new URL('./manifests.ts', import.meta.url));
  const text = manifests
    .map(({ apiVersion, kind, ...manifest }, index) => {
      const literal = JSON.stringify({ ...manifest, kind, apiVersion });
      return `import type { I${kind} as T${index} } from 'kubernetes-models/${apiVersion}';\n(${literal}) satisfies T${index};\n`;
    })
    .join('');
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile.call(host, name, version);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
