import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments, parse } from 'yaml';

const folder = join(import.meta.dirname, '..', 'deploy', 'kubernetes');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Record<string, unknown>;
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string }[];
  readonly resources: { readonly limits: Record<string, string> };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: {
    readonly exec?: { readonly command: readonly string[] };
    readonly httpGet?: { readonly path: string; readonly port: string };
  };
  readonly livenessProbe?: { readonly httpGet?: { readonly path: string; readonly port: string } };
}
interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
}

const kustomization = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8')) as {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string }[];
};
const manifests: readonly Manifest[] = (
  await Promise.all(
    kustomization.resources.map(async (file) =>
      parseAllDocuments(await readFile(join(folder, file), 'utf8')).map((one) => one.toJS() as Manifest),
    ),
  )
).flat();
const pods = manifests.flatMap(({ kind, spec, metadata }) => {
  const { template } = (spec ?? {}) as { readonly template?: { readonly spec: Pod } };
  return template === undefined ? [] : [[`${kind} ${metadata.name}`, template.spec] as const];
});

/** Throws what is wrong with it by the schemas of Kubernetes. A field that they do not have is none of that. */
async function check(manifest: Manifest): Promise<void> {
  const { apiVersion, kind } = manifest;
  const module = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Record<
    string,
    new (data: unknown) => { validate(): void; toJSON(): unknown }
  >;
  const Model = module[kind];
  if (Model === undefined) throw new Error(`there is no ${apiVersion} ${kind}`);
  new Model(manifest).validate();
}

test('the kustomization names each file of the folder', async () => {
  const files = (await readdir(folder)).filter((file) => file !== 'kustomization.yaml');
  expect(files.toSorted()).toEqual([...kustomization.resources].toSorted());
});

test.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  '%s is one by the schemas of Kubernetes',
  async (_name, manifest) => {
    await expect(check(manifest)).resolves.toBeUndefined();
    await expect(check({ ...manifest, metadata: 'x' as never })).rejects.toThrow(/metadata/);
  },
);

test.each(pods)('%s runs with no more rights than it needs', (_name, pod) => {
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  for (const { securityContext, resources } of pod.containers) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(resources.limits['memory']).toMatch(/^\d+[MG]i$/);
  }
});

test.each(pods)('%s names only images, volumes, ports and programs that are there', async (_name, pod) => {
  const volumes = pod.volumes.map(({ name }) => name);
  for (const {
    image,
    command = [],
    volumeMounts,
    ports = [],
    readinessProbe,
    livenessProbe,
    env = [],
  } of pod.containers) {
    expect(kustomization.images.map(({ name }) => name)).toContain(image);
    expect(volumeMounts.map(({ name }) => name).filter((name) => !volumes.includes(name))).toEqual([]);
    const probed = [readinessProbe?.httpGet?.port, livenessProbe?.httpGet?.port].filter((port) => port !== undefined);
    expect(probed.filter((port) => !ports.some(({ name }) => name === port))).toEqual([]);
    const programs = [...command, ...(readinessProbe?.exec?.command ?? [])].filter((word) => word.endsWith('.ts'));
    for (const program of programs) {
      await expect(readFile(join(folder, '..', '..', program), 'utf8')).resolves.toMatch(/./);
    }
    const secrets = env.filter(({ value }) => value.startsWith('/run/secrets/'));
    const mounted = volumeMounts.map(({ mountPath }) => mountPath);
    expect(secrets.filter(({ value }) => !mounted.some((path) => value.startsWith(path)))).toEqual([]);
  }
});

test('a policy that selects pods selects some of them', () => {
  const labels = manifests.flatMap(({ spec }) => {
    const { template } = (spec ?? {}) as { readonly template?: { readonly metadata: { readonly labels: object } } };
    return template === undefined ? [] : [Object.entries(template.metadata.labels).map((entry) => entry.join('='))];
  });
  const selectors = manifests.flatMap(({ spec }) => {
    const { podSelector, selector } = (spec ?? {}) as Record<string, { readonly matchLabels?: object } | undefined>;
    const chosen = podSelector ?? selector;
    return chosen === undefined ? [] : [Object.entries(chosen.matchLabels ?? chosen).map((entry) => entry.join('='))];
  });
  expect(selectors.length).toBeGreaterThan(6);
  for (const selector of selectors) {
    expect(labels.some((of) => selector.every((one) => of.includes(one)))).toBe(true);
  }
});
