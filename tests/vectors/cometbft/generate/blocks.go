package main

import (
	"encoding/binary"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/crypto/tmhash"
	"github.com/cometbft/cometbft/types"
)

// ruleTx makes transaction number i: sha256 of i (8 bytes, big endian), repeated and cut to the length.
func ruleTx(number uint64, length int) types.Tx {
	digest := tmhash.Sum(binary.BigEndian.AppendUint64(nil, number))
	tx := make([]byte, length)
	for i := range tx {
		tx[i] = digest[i%len(digest)]
	}
	return tx
}

func ruleTxs(lengths ...int) types.Txs {
	txs := make(types.Txs, len(lengths))
	for i, length := range lengths {
		txs[i] = ruleTx(uint64(i), length)
	}
	return txs
}

func dataHashes() object {
	var cases []object
	for _, count := range []int{0, 1, 2, 3, 5, 8} {
		lengths := make([]int, count)
		for i := range lengths {
			lengths[i] = 10 * i
		}
		txs := ruleTxs(lengths...)
		data := types.Data{Txs: txs}
		message := data.ToProto()
		cases = append(cases, object{
			"txs":   toHexes(txs.ToSliceOfBytes()),
			"proto": toHex(marshal(&message)),
			"hash":  toHex(data.Hash()),
		})
	}
	return object{"cases": cases}
}

func makeBlock(height int64, txs types.Txs, lastCommit *types.Commit) *types.Block {
	block := types.MakeBlock(height, txs, lastCommit, nil)
	set := fourEqual().set()
	var lastID types.BlockID
	if height > 1 {
		lastID = lastCommit.BlockID
	}
	block.Populate(block.Version, "vectors-1", noon, lastID, set.Hash(), set.Hash(),
		types.DefaultConsensusParams().Hash(), sum("app"), types.ABCIResults(nil).Hash(), set.Validators[0].Address)
	return block
}

// exactBlock makes a block of one transaction whose encoding has exactly the given size.
func exactBlock(size int, lastCommit *types.Commit) (*types.Block, []int) {
	for length := size; length > 0; length-- {
		if block := makeBlock(7, ruleTxs(length), lastCommit); block.Size() == size {
			return block, []int{length}
		}
	}
	panic("no transaction length makes a block of that size")
}

func blockObject(name string, block *types.Block, lengths []int, withBytes bool) object {
	message, err := block.ToProto()
	must(err)
	bytes := marshal(message)
	parts, err := block.MakePartSet(types.BlockPartSizeBytes)
	must(err)
	result := object{
		"name":            name,
		"tx_lengths":      lengths,
		"header":          headerObject(block.Header),
		"last_commit":     commitObject(block.LastCommit),
		"hash":            toHex(block.Hash()),
		"size":            len(bytes),
		"proto_sha256":    toHex(tmhash.Sum(bytes)),
		"part_set_header": object{"total": parts.Total(), "hash": toHex(parts.Hash())},
		"validate_basic":  verdict(block.ValidateBasic),
	}
	if withBytes {
		result["proto"] = toHex(bytes)
	}
	return result
}

func blocks() object {
	id := types.BlockID{Hash: sum("block"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: sum("parts")}}
	last := signCommit("vectors-1", 6, 0, id, fourEqual().set(), []vote{yes(0), {}, yes(1), null(2)})
	small := []int{20, 0, 300}
	large := []int{32000, 32000, 32000, 32000, 32000}
	onePart, onePartLengths := exactBlock(int(types.BlockPartSizeBytes), last)
	twoParts, twoPartLengths := exactBlock(int(types.BlockPartSizeBytes)+1, last)
	return object{
		"tx_rule": "tx i is sha256 of i (8 bytes, big endian), repeated and cut to tx_lengths[i]",
		"cases": []object{
			blockObject("first block, no transaction", makeBlock(1, nil, &types.Commit{}), []int{}, true),
			blockObject("empty block", makeBlock(7, nil, last), []int{}, true),
			blockObject("three transactions, one of them empty", makeBlock(7, ruleTxs(small...), last), small, true),
			blockObject("one full part", onePart, onePartLengths, false),
			blockObject("one byte more than a part", twoParts, twoPartLengths, false),
			blockObject("three parts", makeBlock(7, ruleTxs(large...), last), large, false),
		},
	}
}

func resultsHashes() object {
	ok := &abci.ExecTxResult{Code: 0, Data: []byte("done"), GasWanted: 1000, GasUsed: 900}
	loud := &abci.ExecTxResult{
		Code: 0, Data: []byte("done"), GasWanted: 1000, GasUsed: 900,
		Log: "a log", Info: "an info", Codespace: "a codespace",
		Events: []abci.Event{{Type: "event", Attributes: []abci.EventAttribute{{Key: "k", Value: "v", Index: true}}}},
	}
	failed := &abci.ExecTxResult{Code: 7, Codespace: "token"}
	unlimited := &abci.ExecTxResult{Code: 1<<32 - 1, GasWanted: -1, GasUsed: 1<<63 - 1}
	lists := []struct {
		name    string
		results []*abci.ExecTxResult
	}{
		{"no result", nil},
		{"one empty result", []*abci.ExecTxResult{{}}},
		{"one result", []*abci.ExecTxResult{ok}},
		{"one result with log, info, codespace and events", []*abci.ExecTxResult{loud}},
		{"one failure", []*abci.ExecTxResult{failed}},
		{"largest code, gas wanted -1", []*abci.ExecTxResult{unlimited}},
		{"five results", []*abci.ExecTxResult{ok, failed, {}, loud, unlimited}},
	}
	cases := make([]object, len(lists))
	for i, l := range lists {
		leaves, err := abci.MarshalTxResults(l.results)
		must(err)
		results := make([]object, len(l.results))
		for j, r := range l.results {
			results[j] = object{
				"code": r.Code, "data": toHex(r.Data), "gas_wanted": r.GasWanted, "gas_used": r.GasUsed,
				"log": r.Log, "info": r.Info, "codespace": r.Codespace, "events": len(r.Events),
			}
		}
		cases[i] = object{
			"name":    l.name,
			"results": results,
			"leaves":  toHexes(leaves),
			"hash":    toHex(types.NewResults(l.results).Hash()),
		}
	}
	return object{"cases": cases}
}

func consensusHashes() object {
	defaults := types.DefaultConsensusParams()
	pairs := [][2]int64{
		{defaults.Block.MaxBytes, defaults.Block.MaxGas},
		{22020096, -1}, {1048576, 10000000}, {-1, -1}, {1, 0}, {types.MaxBlockSizeBytes, 1<<63 - 1},
	}
	cases := make([]object, len(pairs))
	for i, pair := range pairs {
		params := *defaults
		params.Block.MaxBytes, params.Block.MaxGas = pair[0], pair[1]
		cases[i] = object{"max_bytes": pair[0], "max_gas": pair[1], "hash": toHex(params.Hash())}
	}
	other := *defaults
	other.Evidence.MaxBytes, other.Version.App, other.Authority.Authority = 1, 9, "another"
	return object{
		"default": object{"max_bytes": pairs[0][0], "max_gas": pairs[0][1]},
		"default_with_other_evidence_version_and_authority": toHex(other.Hash()),
		"cases": cases,
	}
}

func evidenceHashes() object {
	data := types.EvidenceData{}
	message, err := data.ToProto()
	must(err)
	return object{"empty": object{"hash": toHex(data.Hash()), "proto": toHex(marshal(message))}}
}

func merkleTrees() object {
	const most = 17
	leaves := make([][]byte, most)
	for i := 1; i < most; i++ {
		leaves[i] = []byte(fmt.Sprintf("leaf %d", i))
	}
	roots := make([]string, most+1)
	for n := range roots {
		roots[n] = toHex(merkle.HashFromByteSlices(leaves[:n]))
	}
	var proofs []object
	for _, n := range []int{1, 2, 3, 5, 8, 17} {
		root, list := merkle.ProofsFromByteSlices(leaves[:n])
		for i, proof := range list {
			if n == most && i%4 != 0 {
				continue
			}
			proofs = append(proofs, proofObject("genuine", proof, root, leaves[i]))
		}
	}
	root, list := merkle.ProofsFromByteSlices(leaves[:5])
	forge := func(name string, index int, change func(*merkle.Proof)) {
		proof := *list[index]
		proof.Aunts = append([][]byte(nil), proof.Aunts...)
		change(&proof)
		proofs = append(proofs, proofObject(name, &proof, root, leaves[index]))
	}
	forge("another index", 1, func(p *merkle.Proof) { p.Index = 0 })
	forge("index past the end", 1, func(p *merkle.Proof) { p.Index = 5 })
	forge("negative index", 1, func(p *merkle.Proof) { p.Index = -1 })
	forge("total that gives the same path", 1, func(p *merkle.Proof) { p.Total = 6 })
	forge("another total", 1, func(p *merkle.Proof) { p.Total = 4 })
	forge("an aunt missing", 1, func(p *merkle.Proof) { p.Aunts = p.Aunts[:2] })
	forge("an aunt too many", 1, func(p *merkle.Proof) { p.Aunts = append(p.Aunts, sum("aunt")) })
	forge("two aunts swapped", 1, func(p *merkle.Proof) { p.Aunts[0], p.Aunts[1] = p.Aunts[1], p.Aunts[0] })
	forge("leaf hash of another leaf", 1, func(p *merkle.Proof) { p.LeafHash = list[2].LeafHash })
	return object{"leaves": toHexes(leaves), "roots": roots, "proofs": proofs}
}

func proofObject(name string, proof *merkle.Proof, root, leaf []byte) object {
	return object{
		"name":      name,
		"total":     proof.Total,
		"index":     proof.Index,
		"leaf_hash": toHex(proof.LeafHash),
		"aunts":     toHexes(proof.Aunts),
		"proto":     toHex(marshal(proof.ToProto())),
		"leaf":      toHex(leaf),
		"root":      toHex(root),
		"verify":    verdict(func() error { return proof.Verify(root, leaf) }),
	}
}
