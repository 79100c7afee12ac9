// Issues, presents and verifies by @digitalbazaar/vc what one JSON object on stdin asks for, and answers on stdout.
import {readFileSync} from 'node:fs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {createSignCryptosuite, createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import jsonld from 'jsonld';

const {what, document, documents, contexts, key, challenge, domain, now} = JSON.parse(readFileSync(0, 'utf8'));
const MULTIKEY = 'https://w3id.org/security/multikey/v1';

// Nothing is fetched: DID documents and contexts are those that were handed over.
async function documentLoader(url) {
  if(url in contexts) {
    return {contextUrl: null, documentUrl: url, document: contexts[url]};
  }
  const found = documents[url.split('#')[0]];
  if(found === undefined) {
    return vc.defaultDocumentLoader(url);
  }
  const method = found.verificationMethod.find(known => known.id === url);
  return {contextUrl: null, documentUrl: url, document: method ? {'@context': MULTIKEY, ...method} : found};
}

async function signing() {
  const pair = await Ed25519Multikey.from(key);
  return new DataIntegrityProof({signer: pair.signer(), cryptosuite: createSignCryptosuite(), date: now});
}

const verifying = () => new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});

const WORK = {
  issue: async () => vc.issue({credential: document, suite: await signing(), documentLoader}),
  present: async () => vc.signPresentation({
    presentation: vc.createPresentation({verifiableCredential: document, holder: key.controller, version: 2.0, now: new Date(now)}),
    suite: await signing(), challenge, domain, documentLoader
  }),
  verifyCredential: async () =>
    vc.verifyCredential({credential: document, suite: verifying(), documentLoader, now: new Date(now)}),
  verifyPresentation: async () => vc.verify({
    presentation: document, suite: verifying(), challenge, domain, documentLoader, now: new Date(now)
  }),
  // Safe: a word that no context defines is an error.
  expand: async () => Promise.all(document.map(one => jsonld.expand(one, {documentLoader, safe: true}))),
  pair: async () => {
    const pair = await Ed25519Multikey.generate();
    const controller = `did:key:${pair.publicKeyMultibase}`;
    pair.controller = controller;
    pair.id = `${controller}#${pair.publicKeyMultibase}`;
    return pair.export({publicKey: true, secretKey: true, includeContext: true});
  }
};

const result = await WORK[what]();
const says = what.startsWith('verify') ? {verified: result.verified, why: `${result.error?.errors ?? result.error}`} : result;
process.stdout.write(JSON.stringify(says));
