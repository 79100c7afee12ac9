// Command generate writes golden vectors computed by CometBFT's own code.
//
// Every key, time and byte is fixed, so that two runs write the same files.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cometbft/cometbft/types"
)

// object is a JSON object; encoding/json writes its keys sorted.
type object map[string]any

// longestError bounds the error text kept beside a verdict, since some errors print whole signatures.
const longestError = 100

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate DIRECTORY")
		os.Exit(2)
	}
	files := map[string]func() object{
		"headers.json":          headers,
		"commits.json":          commits,
		"validator_sets.json":   validatorSets,
		"data_hashes.json":      dataHashes,
		"blocks.json":           blocks,
		"results_hashes.json":   resultsHashes,
		"consensus_hashes.json": consensusHashes,
		"evidence_hashes.json":  evidenceHashes,
		"merkle.json":           merkleTrees,
		"light.json":            lightClient,
		"ed25519_zip215.json":   signatures,
	}
	for name, make := range files {
		text, err := json.MarshalIndent(make(), "", " ")
		must(err)
		must(os.WriteFile(filepath.Join(os.Args[1], name), append(text, '\n'), 0o644))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func marshal(message proto.Message) []byte {
	bytes, err := proto.Marshal(message)
	must(err)
	return bytes
}

func toHex(bytes []byte) string { return hex.EncodeToString(bytes) }

func toHexes(items [][]byte) []string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = toHex(item)
	}
	return texts
}

func fromHex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	must(err)
	return bytes
}

func timeObject(moment time.Time) object {
	return object{"seconds": moment.Unix(), "nanos": moment.Nanosecond()}
}

func blockIDObject(id types.BlockID) object {
	return object{
		"hash":            toHex(id.Hash),
		"part_set_header": object{"total": id.PartSetHeader.Total, "hash": toHex(id.PartSetHeader.Hash)},
	}
}

// verdict calls a check of CometBFT and notes what it said; a panic counts as a refusal.
func verdict(check func() error) (result object) {
	defer func() {
		if cause := recover(); cause != nil {
			result = refusal("panic", fmt.Sprint(cause))
		}
	}()
	if err := check(); err != nil {
		kind := strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
		return refusal(kind, err.Error())
	}
	return object{"valid": true}
}

func refusal(kind, text string) object {
	if len(text) > longestError {
		text = text[:longestError] + "..."
	}
	return object{"valid": false, "kind": kind, "error": text}
}
