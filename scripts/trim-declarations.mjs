/** Removes declarations that no entry point of the package reaches. They cannot be imported or shown by editors. */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/**
 * Trims the declaration files of a folder to the exports of its entry points and the declarations they refer to.
 * References are matched by name, so an unused declaration may be kept, but a used one is never removed.
 */
export function trimDeclarations(folder, entries) {
  const files = new Map(
    globSync(`${folder}/**/*.d.ts`).map((file) => [resolve(file), new DeclarationFile(resolve(file))]),
  );
  const needAll = (path) => {
    const file = files.get(path);
    if (!file || file.isWhole) return;
    file.isWhole = true;
    for (const statement of file.source.statements) keep(file, statement);
  };
  const need = (path, name) => {
    const file = files.get(path);
    if (!file) return;
    if (name === '*' || name === 'default') return needAll(path);
    const found = file.declarations.get(name) ?? [];
    for (const statement of found) keep(file, statement);
    if (found.length > 0) return;
    const exported = file.exports.get(name);
    if (exported) useExport(file, name, exported);
    else for (const target of file.wildcards) need(target, name);
  };
  const useExport = (file, name, { target, original }) => {
    if (file.usedExports.has(name)) return;
    file.usedExports.add(name);
    if (target) need(target, original);
    else refer(file, original);
  };
  const refer = (file, name) => {
    for (const statement of file.declarations.get(name) ?? []) keep(file, statement);
    const imported = file.imports.get(name);
    if (!imported || file.usedImports.has(name)) return;
    file.usedImports.add(name);
    need(imported.target, imported.original);
  };
  const keep = (file, statement) => {
    if (file.kept.has(statement)) return;
    file.kept.add(statement);
    if (ts.isImportDeclaration(statement)) {
      for (const name of importedNames(statement)) refer(file, name);
    } else if (ts.isExportDeclaration(statement)) {
      for (const [name, exported] of file.exportsOf(statement)) useExport(file, name, exported);
      if (statement.moduleSpecifier && !statement.exportClause)
        needAll(file.resolve(statement.moduleSpecifier));
    } else visit(file, statement);
  };
  const visit = (file, node) => {
    if (ts.isIdentifier(node)) refer(file, node.text);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      needAll(file.resolve(node.argument.literal));
    ts.forEachChild(node, (child) => visit(file, child));
  };
  for (const entry of entries) needAll(resolve(entry));
  for (const [path, file] of files) {
    const text = file.trimmed();
    if (text === null) rmSync(path);
    else writeFileSync(path, text);
  }
}

class DeclarationFile {
  isWhole = false;
  /** Statements to keep. */
  kept = new Set();
  /** Local names of imports to keep, and exported names of re-exports. A name can be both. */
  usedImports = new Set();
  usedExports = new Set();
  /** Statements by the names that they declare. */
  declarations = new Map();
  /** Imports by local name, and exports of a list by exported name. */
  imports = new Map();
  exports = new Map();
  /** Files of `export * from`. */
  wildcards = [];

  constructor(path) {
    this.path = path;
    this.text = readFileSync(path, 'utf8');
    this.source = ts.createSourceFile(path, this.text, ts.ScriptTarget.Latest, true);
    for (const statement of this.source.statements) this.read(statement);
  }

  resolve(specifier) {
    const file = resolve(dirname(this.path), specifier.text.replace(/\.js$/, '.d.ts'));
    return specifier.text.startsWith('.') && existsSync(file) ? file : null;
  }

  read(statement) {
    if (ts.isImportDeclaration(statement)) {
      const target = this.resolve(statement.moduleSpecifier);
      const { name, namedBindings } = statement.importClause ?? {};
      if (name) this.imports.set(name.text, { target, original: 'default' });
      if (namedBindings && ts.isNamespaceImport(namedBindings))
        this.imports.set(namedBindings.name.text, { target, original: '*' });
      else
        for (const { name: local, propertyName } of namedBindings?.elements ?? [])
          this.imports.set(local.text, { target, original: (propertyName ?? local).text });
    } else if (ts.isExportDeclaration(statement)) {
      for (const [name, exported] of this.exportsOf(statement)) this.exports.set(name, exported);
      if (statement.moduleSpecifier && !statement.exportClause)
        this.wildcards.push(this.resolve(statement.moduleSpecifier));
    } else
      for (const name of declaredNames(statement))
        this.declarations.set(name, [...(this.declarations.get(name) ?? []), statement]);
  }

  /** Returns the names in the list of an export, with the file that declares them; `null` for this file. */
  exportsOf({ exportClause, moduleSpecifier }) {
    const target = moduleSpecifier ? this.resolve(moduleSpecifier) : null;
    if (exportClause && ts.isNamespaceExport(exportClause))
      return [[exportClause.name.text, { target, original: '*' }]];
    return (exportClause?.elements ?? []).map(({ name, propertyName }) => [
      name.text,
      { target, original: (propertyName ?? name).text },
    ]);
  }

  /** Returns the text without unneeded statements, or `null` if no statement is needed. */
  trimmed() {
    if (this.isWhole) return this.text;
    if (this.kept.size + this.usedImports.size + this.usedExports.size === 0) return null;
    const parts = this.source.statements.map((statement) => {
      if (this.kept.has(statement) || isAlwaysKept(statement)) return statement.getFullText();
      const list = listOf(statement);
      const used = ts.isExportDeclaration(statement) ? this.usedExports : this.usedImports;
      const elements = list?.elements?.filter(({ name }) => used.has(name.text)) ?? [];
      if (elements.length === 0)
        return boundNames(statement).some((name) => used.has(name)) ? statement.getFullText() : '';
      const names = elements.map((element) => element.getText()).join(', ');
      const start = statement.getFullStart();
      return `${this.text.slice(start, list.getStart())}{ ${names} }${this.text.slice(list.end, statement.end)}`;
    });
    return `${parts.join('').trimStart()}\nexport {};\n`.replace(
      /\n(?:export \{\};\s*){2,}$/,
      '\nexport {};\n',
    );
  }
}

/** Returns the list in braces of an import or export. */
function listOf(statement) {
  if (ts.isExportDeclaration(statement)) return statement.exportClause;
  const bindings = statement.importClause?.namedBindings;
  return bindings && ts.isNamedImports(bindings) ? bindings : undefined;
}

/** Returns the names of an import, or of `export * as name`. */
function boundNames(statement) {
  if (!ts.isExportDeclaration(statement)) return importedNames(statement);
  const { exportClause } = statement;
  return exportClause && ts.isNamespaceExport(exportClause) ? [exportClause.name.text] : [];
}

function importedNames(statement) {
  if (!ts.isImportDeclaration(statement)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const named =
    namedBindings && (ts.isNamespaceImport(namedBindings) ? [namedBindings] : namedBindings.elements);
  return [name?.text, ...(named ?? []).map((element) => element.name.text)].filter(
    (text) => text !== undefined,
  );
}

function declaredNames(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.text);
  return statement.name && ts.isIdentifier(statement.name) ? [statement.name.text] : [];
}

/** Returns whether a statement is an import for side effects, a module augmentation or a list without names. */
function isAlwaysKept(statement) {
  if (ts.isImportDeclaration(statement)) return statement.importClause === undefined;
  if (ts.isModuleDeclaration(statement))
    return !ts.isIdentifier(statement.name) || statement.name.text === 'global';
  return ts.isExportAssignment(statement) || (ts.isExportDeclaration(statement) && !statement.exportClause);
}
