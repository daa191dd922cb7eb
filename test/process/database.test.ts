import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { keptLocalProject } from "../../src/platform/local-project.ts";
import { atOnce } from "../support/at-once.ts";
import { DATABASE_PASSWORD } from "../support/postgres.ts";
import { newClient } from "../support/postgres-connections.ts";
import { postgresWithTls } from "../support/postgres-tls.ts";
import { CLI, spawnReplica, spawnServer, stagepass } from "../support/process.ts";
import { noDiskBecause, smallDisk } from "../support/small-disk.ts";
import { newDatabaseUrl, ownPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { giveAway, spawnUnprivileged } from "../support/unprivileged.ts";

const GRANT = '{"scope":"sessions:read"}';

/** The lines of a log. */
const lines = (errors: string) =>
  errors
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** What a server logs when it listens. */
async function listening(server: ReturnType<typeof spawnServer>) {
  await server.url();
  await expect.poll(() => server.errors()).toContain('"msg":"listening"');
  return lines(server.errors()).find(({ msg }) => msg === "listening");
}

/** What a server writes that does not start. */
async function refusal(server: ReturnType<typeof spawnServer>): Promise<string> {
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.output()).toBe("");
  return server.errors();
}

describe("the database that is used", () => {
  const test = atOnce("is said");

  test("by a server, and whether it is new", async () => {
    const folder = temporaryFolder();
    const database = join(folder, "data", "stagepass.db");
    for (const isDatabaseNew of [true, undefined]) {
      const server = spawnServer(folder, { LOG_LEVEL: "info" });
      const line = await listening(server);
      expect([line.database, line.isDatabaseNew]).toEqual([database, isDatabaseNew]);
      server.kill("SIGTERM");
      await server.exited;
    }
  });

  test("by a server on PostgreSQL, without the password", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const { host, pathname } = new URL(url);
    const server = spawnReplica(url);
    expect((await listening(server)).database).toBe(`${host}${pathname}`);
    expect(server.errors()).not.toContain(DATABASE_PASSWORD);
  });

  test("by a command that makes one", async () => {
    const folder = temporaryFolder();
    const create = (name: string) => stagepass(folder, ["keys", "create", "--name", name, "--grant", GRANT]);
    expect(await create("first")).toMatchObject({
      code: 0,
      errors: `Created the new database ${folder}/data/stagepass.db; to use the server's database, set the same DATABASE_URL.\n`,
    });
    expect(await create("second")).toMatchObject({ code: 0, errors: "" });
  });

  for (const args of [
    ["keys", "list"],
    ["keys", "revoke", "web"],
    ["session", "list"],
    ["tokens", "list"],
    ["check"],
    ["backup", "copy.db"],
    ["export", "-"],
  ])
    test(`by ${args.join(" ")}, which makes none`, async () => {
      const folder = temporaryFolder();
      expect(await stagepass(folder, args)).toEqual({
        code: 1,
        output: "",
        errors: `DATABASE_URL: the database ${folder}/data/stagepass.db does not exist; run this command where the server runs, or set DATABASE_URL to the server's database\n`,
      });
      expect(readdirSync(folder)).toEqual([]);
    });

  test("by a command or a server whose working folder is deleted, and neither hangs", async () => {
    const rule =
      "DATABASE_URL: must be an absolute path, such as file:/var/lib/stagepass/stagepass.db, because the working directory was deleted\n";
    for (const args of [["start"], ["keys", "create", "--name", "web", "--grant", GRANT]]) {
      const folder = join(temporaryFolder(), "gone");
      mkdirSync(folder);
      const script = 'rmdir "$PWD"; exec "$@"';
      expect(await stagepass(folder, args, {}, "", script)).toEqual({ code: 1, output: "", errors: rule });
    }
    const kept = temporaryFolder();
    const folder = join(kept, "gone");
    mkdirSync(folder);
    const env = { DATABASE_URL: `file:${kept}/x.db` };
    const create = ["keys", "create", "--name", "web", "--grant", GRANT];
    expect((await stagepass(folder, create, env, "", 'rmdir "$PWD"; exec "$@"')).code).toBe(0);
  });
});

describe("SQLite whose binary is not there", () => {
  const test = atOnce("and the server");

  /** As after `npm ci --omit=optional`, or on a system with another libc. */
  function withoutBinary(): Record<string, string> {
    const preload = join(temporaryFolder(), "preload.cjs");
    writeFileSync(
      preload,
      `const Module = require("node:module"); const load = Module._load;
      Module._load = (name, ...others) => {
        if (/^@libsql\\//.test(name)) throw new Error("Cannot find module '" + name + "'\\nRequire stack:\\n- x");
        return load(name, ...others);
      };`,
    );
    return { NODE_OPTIONS: `--require=${preload}` };
  }

  test("says so in a line", async () => {
    const rule =
      /^DATABASE_URL: SQLite cannot be loaded on linux-\w+: Cannot find module '@libsql\/[\w-]+'\. Reinstall Stagepass on this system with its optional packages \(npm install without --omit=optional\), or use PostgreSQL\n$/;
    const folder = temporaryFolder();
    expect(await refusal(spawnServer(folder, withoutBinary()))).toMatch(rule);
    const { errors } = await stagepass(folder, ["session", "create"], withoutBinary());
    expect(errors).toMatch(rule);
    writeFileSync(join(folder, "x.db"), "");
    const looks = { DATABASE_URL: `file:${folder}/x.db`, ...withoutBinary() };
    for (const args of [
      ["backup", "copy.db"],
      ["keys", "list"],
    ])
      expect((await stagepass(folder, args, looks)).errors).toMatch(rule);
  });

  test("works with PostgreSQL", async () => {
    const server = spawnReplica(await newDatabaseUrl("PostgreSQL"), withoutBinary());
    expect((await fetch(new URL("/readyz", await server.url()))).status).toBe(200);
  });
});

describe("PostgreSQL", () => {
  it("over a Unix socket is used, by each way to say it", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const { port, url } = await ownPostgres(["-c", `unix_socket_directories=${folder}`]);
    const { username, password, pathname } = new URL(url);
    const credentials = `${username}:${password}@`;
    for (const address of [
      `postgres://${credentials}/${pathname.slice(1)}?host=${folder}&port=${port}`,
      `postgres://${credentials}${encodeURIComponent(folder)}:${port}${pathname}`,
    ]) {
      const server = spawnReplica(address);
      expect((await listening(server)).database).toBe(`[${folder}]:${port}${pathname}`);
      expect((await fetch(new URL("/readyz", await server.url()))).status).toBe(200);
      server.kill("SIGTERM");
      await server.exited;
    }
    const gone = spawnReplica(`postgres://${credentials}/${pathname.slice(1)}?host=${folder}/none`);
    expect(await refusal(gone)).toBe(
      `DATABASE_URL: [${folder}/none]${pathname} cannot be used as the database: connect ENOENT ${folder}/none/.s.PGSQL.5432; start PostgreSQL there, or correct the socket's folder or the port in DATABASE_URL\n`,
    );
  });

  it("with a certificate of an unknown CA says what to do, and works with it, and its log is JSON alone", async () => {
    const { port, url, certificate } = await postgresWithTls();
    const { pathname } = new URL(url);
    for (const mode of ["require", "verify-ca", "prefer", "verify-full"])
      expect(await refusal(spawnReplica(`${url}?sslmode=${mode}`))).toBe(
        `DATABASE_URL: 127.0.0.1:${port}${pathname} cannot be used as the database: self-signed certificate; trust its CA: add sslrootcert=/path/ca.pem to DATABASE_URL, or set NODE_EXTRA_CA_CERTS=/path/ca.pem; sslmode=no-verify encrypts without verifying the server\n`,
      );
    for (const query of [`sslmode=require&sslrootcert=${certificate}`, "sslmode=no-verify"]) {
      const server = spawnReplica(`${url}?${query}`);
      await listening(server);
      const { status } = await fetch(new URL("/readyz", await server.url()));
      expect(status).toBe(200);
      server.kill("SIGTERM");
      await server.exited;
      expect(lines(server.errors()).length).toBeGreaterThan(0);
    }
  });

  it("whose schema is not this user's says what to grant, and whose pg_hba.conf wants TLS to add that", async () => {
    const { port, url, data, query, createDatabase } = await postgresWithTls();
    const bare = new URL(await createDatabase());
    await query("CREATE USER other PASSWORD 'canary-of-other'");
    const other = Object.assign(new URL(bare), { username: "other", password: "canary-of-other" }).href;
    expect(await stagepass(temporaryFolder(), ["migrate"], { DATABASE_URL: other })).toEqual({
      code: 1,
      output: "",
      errors: `DATABASE_URL: 127.0.0.1:${port}${bare.pathname} cannot be used as the database: permission denied for schema public; make the user the owner of the database, or GRANT CREATE ON SCHEMA public TO it; PostgreSQL 15 and later require this\n`,
    });
    const unread = Object.assign(new URL(url), { username: "other", password: "canary-of-other" });
    expect(await refusal(spawnReplica(unread.href, { LOG_LEVEL: "info" }))).toBe(
      `DATABASE_URL: 127.0.0.1:${port}${unread.pathname} cannot be used as the database: permission denied for table stagepass_migrations; make the user the owner of the database, or GRANT the missing privileges\n`,
    );
    writeFileSync(join(data, "pg_hba.conf"), "hostssl all all all scram-sha-256\n");
    const admin = await newClient(url);
    await admin.query("SELECT pg_reload_conf()");
    await expect
      .poll(async () => refusal(spawnReplica(url)))
      .toMatch(
        /no pg_hba\.conf entry for host "127\.0\.0\.1", .*, no encryption; PostgreSQL requires TLS: add sslmode=verify-full to DATABASE_URL\n$/,
      );
  });

  it("takes no TLS setting and no password from elsewhere", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const ignored = spawnReplica(url, {
      PGHOST: "nowhere.invalid",
      PGUSER: "eve",
      PGPASSWORD: "x",
      PGDATABASE: "x",
    });
    await ignored.url();
    expect(await refusal(spawnReplica(url, { PGSSLMODE: "require" }))).toBe(
      "PGSSLMODE: is not read: put the sslmode into DATABASE_URL, or unset it\n",
    );
  });
});

describe("a file that cannot be used", () => {
  const test = atOnce("stops the start");

  const started = (folder: string, url: string) => {
    giveAway(folder);
    return spawnUnprivileged(folder, [process.execPath, CLI], { DATABASE_URL: url, PORT: "0" }).exited;
  };

  for (const [what, make, says] of [
    [
      "because it is a folder",
      (file: string) => mkdirSync(file),
      (file: string) => `it is a folder; use a file in it: file:${file}/stagepass.db`,
    ],
    [
      "because it is a pipe, for which nothing waits",
      (file: string) => void execFileSync("mkfifo", [file]),
      () => "it is a device, pipe or socket; use a file",
    ],
    [
      "because it is no database",
      (file: string) => writeFileSync(file, "x".repeat(5000)),
      () =>
        "file is not a database; it is not an SQLite database, or its header is damaged: use another file, or restore a backup",
    ],
  ] as [string, (file: string) => void, (file: string) => string][])
    test(what, async () => {
      const folder = temporaryFolder();
      const file = join(folder, "x.db");
      make(file);
      const { code, errors } = await started(folder, `file:${file}`);
      expect([code, errors]).toEqual([
        1,
        `DATABASE_URL: ${file} cannot be used as the database: ${says(file)}\n`,
      ]);
    });

  test("because this user may not write its folder", async () => {
    const outer = temporaryFolder();
    const folder = join(outer, "closed");
    mkdirSync(folder);
    giveAway(outer);
    chmodSync(folder, 0o500);
    onTestFinished(() => chmodSync(folder, 0o700));
    const file = join(folder, "x.db");
    const { code, errors } = await spawnUnprivileged(outer, [process.execPath, CLI], {
      DATABASE_URL: `file:${file}`,
      PORT: "0",
    }).exited;
    expect([code, errors]).toEqual([
      1,
      `DATABASE_URL: ${file} cannot be used as the database: EACCES: permission denied, open '${file}'; let this user write to the file and its folder, or use another file\n`,
    ]);
  });
});

describe("a folder that this user may not enter", () => {
  it("is not taken for one without a database", async () => {
    const outer = temporaryFolder();
    const folder = join(outer, "closed");
    mkdirSync(folder);
    giveAway(outer);
    chmodSync(folder, 0o000);
    onTestFinished(() => chmodSync(folder, 0o700));
    const file = join(folder, "x.db");
    const command = spawnUnprivileged(outer, [process.execPath, CLI, "keys", "list"], {
      DATABASE_URL: `file:${file}`,
    });
    expect(await command.exited).toEqual({
      code: 1,
      output: "",
      errors: `DATABASE_URL: ${file} cannot be used as the database: EACCES: permission denied, stat '${file}'; let this user write to the file and its folder, or use another file\n`,
    });
  });
});

describe.skipIf(noDiskBecause !== null)("a disk", () => {
  it.each([
    [
      "that is full",
      (disk: ReturnType<typeof smallDisk>) => disk.fill(),
      /: (database or disk is full|ENOSPC: .*); free some space on its disk\n$/,
    ],
    [
      "that is read-only",
      ({ folder }: ReturnType<typeof smallDisk>) =>
        void execFileSync("mount", ["-o", "remount,ro", folder], { stdio: "pipe" }),
      /: EROFS: .*; the file system is read-only: use a file on a writable disk\n$/,
    ],
  ])("%s stops the start", async (_, prepare, says) => {
    const disk = smallDisk(1);
    prepare(disk);
    const errors = await refusal(spawnServer(disk.folder, { DATABASE_URL: `file:${disk.folder}/x.db` }));
    expect(errors).toMatch(says);
    expect(errors).toMatch(/^DATABASE_URL: \S+ cannot be used as the database: .*\n$/);
  });

  it("that became read-only after the first start stops the second, or lets it read alone", async () => {
    const { folder } = smallDisk(4);
    const env = { DATABASE_URL: `file:${folder}/x.db` };
    expect((await stagepass(folder, ["migrate"], env)).code).toBe(0);
    execFileSync("mount", ["-o", "remount,ro", folder], { stdio: "pipe" });
    expect(await refusal(spawnServer(folder, env))).toMatch(
      /^DATABASE_URL: \S+ cannot be used as the database: .*; .*\n$/,
    );
  });
});

describe("a database that others may read or replace", () => {
  it("is warned of, and a folder that all may use as /tmp is not", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "x.db");
    const env = { DATABASE_URL: `file:${file}`, LOG_LEVEL: "info" };
    expect((await stagepass(folder, ["migrate"], env)).code).toBe(0);
    const warned = async () => {
      const server = spawnServer(folder, env);
      await listening(server);
      server.kill("SIGTERM");
      await server.exited;
      return lines(server.errors()).flatMap(({ level, msg }) =>
        level === 40 && /^other users/.test(msg) ? [msg] : [],
      );
    };
    expect(await warned()).toEqual([]);
    chmodSync(file, 0o604);
    chmodSync(folder, 0o1777);
    const read = `other users can read ${file}, which says who may meet whom; run: chmod 600 ${file}`;
    expect(await warned()).toEqual([read]);
    chmodSync(folder, 0o777);
    expect(await warned()).toEqual([
      read,
      `other users can replace ${file} and files next to it; run: chmod 700 ${folder}`,
    ]);
  });
});

describe("the local project on a volume of Kubernetes", () => {
  const { geteuid } = process;

  /** A volume as it is after the first start and its mount by `fsGroup`, which makes files writable for a group. */
  function volume(mode: number) {
    const folder = temporaryFolder();
    const data = join(folder, "data");
    mkdirSync(data);
    const file = join(data, "local-project.json");
    const { apiKey } = keptLocalProject(file);
    giveAway(folder);
    chmodSync(data, 0o2770);
    chmodSync(file, mode);
    return { folder, file, apiKey };
  }

  const start = async (folder: string) => {
    const server = spawnUnprivileged(folder, [process.execPath, CLI], { PORT: "0" });
    await expect.poll(() => server.hasEnded() || server.errors().includes('"msg":"listening"')).toBe(true);
    if (!server.hasEnded()) server.stop("SIGTERM");
    return server.exited;
  };

  it("is this user's again, and said, at the second start", async () => {
    const { folder, file, apiKey } = volume(0o660);
    const { code, errors } = await start(folder);
    expect(code).toBe(0);
    expect(lines(errors)).toMatchObject([
      { level: 40, msg: `${file}: its group could read it, so its mode was set to 600` },
      { msg: "listening", applicationId: apiKey },
      { level: 40 },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await start(folder)).errors).not.toContain("its group");
  });

  it.runIf(geteuid?.() === 0)(
    "is used, and said, where it belongs to root and this user's group",
    async () => {
      const { folder, file, apiKey } = volume(0o660);
      chownSync(file, 0, 65_534);
      const { code, errors } = await start(folder);
      expect(code).toBe(0);
      expect(lines(errors)).toMatchObject([
        {
          level: 40,
          msg: `${file}: its group 65534 can read it, so its members can sign tokens`,
        },
        { applicationId: apiKey },
        { level: 40 },
      ]);
    },
  );

  it.runIf(geteuid?.() === 0)(
    "is refused where it belongs to another user, or others may read it",
    async () => {
      const { folder, file } = volume(0o660);
      const refused = `DATABASE_URL: the local project beside the database, ${file}, cannot be used:`;
      chownSync(file, 1234, 65_534);
      expect(await start(folder)).toMatchObject({
        code: 1,
        errors: `${refused} it belongs to user 1234, not user 65534; run: chown 65534 ${file}\n`,
      });
      chownSync(file, 0, 65_534);
      chmodSync(file, 0o664);
      expect(await start(folder)).toMatchObject({
        code: 1,
        errors: `${refused} other users can read it; run: chmod 600 ${file}\n`,
      });
      expect(existsSync(file)).toBe(true);
    },
  );
});
