package main

import (
	"strings"
	"time"

	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

func sum(text string) []byte { return tmhash.Sum([]byte(text)) }

// noon is the moment most vectors take place.
var noon = time.Date(2026, 7, 27, 12, 0, 0, 0, time.UTC)

func fullHeader() types.Header {
	return types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol, App: 1},
		ChainID: "vectors-1",
		Height:  7,
		Time:    noon.Add(123456789 * time.Nanosecond),
		LastBlockID: types.BlockID{
			Hash:          sum("last block"),
			PartSetHeader: types.PartSetHeader{Total: 3, Hash: sum("last parts")},
		},
		LastCommitHash:     sum("last commit"),
		DataHash:           sum("data"),
		ValidatorsHash:     sum("validators"),
		NextValidatorsHash: sum("next validators"),
		ConsensusHash:      sum("consensus"),
		AppHash:            sum("app"),
		LastResultsHash:    sum("last results"),
		EvidenceHash:       sum("evidence"),
		ProposerAddress:    sum("proposer")[:20],
	}
}

func headerObject(h types.Header) object {
	return object{
		"version":              object{"block": h.Version.Block, "app": h.Version.App},
		"chain_id":             h.ChainID,
		"height":               h.Height,
		"time":                 timeObject(h.Time),
		"last_block_id":        blockIDObject(h.LastBlockID),
		"last_commit_hash":     toHex(h.LastCommitHash),
		"data_hash":            toHex(h.DataHash),
		"validators_hash":      toHex(h.ValidatorsHash),
		"next_validators_hash": toHex(h.NextValidatorsHash),
		"consensus_hash":       toHex(h.ConsensusHash),
		"app_hash":             toHex(h.AppHash),
		"last_results_hash":    toHex(h.LastResultsHash),
		"evidence_hash":        toHex(h.EvidenceHash),
		"proposer_address":     toHex(h.ProposerAddress),
	}
}

type headerChange struct {
	name   string
	change func(*types.Header)
}

func headers() object {
	changes := []headerChange{
		{"every field set", func(h *types.Header) {}},
		{"height 1 as CometBFT makes it", func(h *types.Header) {
			h.Height = 1
			h.LastBlockID = types.BlockID{}
			h.LastCommitHash = (&types.Commit{}).Hash()
			h.DataHash = types.Txs(nil).Hash()
			h.LastResultsHash = types.ABCIResults(nil).Hash()
			h.EvidenceHash = types.EvidenceList(nil).Hash()
			h.AppHash = nil
		}},
		{"empty last commit, data, results and evidence hashes", func(h *types.Header) {
			h.LastCommitHash, h.DataHash, h.LastResultsHash, h.EvidenceHash = nil, nil, nil, nil
		}},
		{"empty app hash", func(h *types.Header) { h.AppHash = nil }},
		{"app hash of 8 bytes", func(h *types.Header) { h.AppHash = sum("app")[:8] }},
		{"app hash of 100 bytes", func(h *types.Header) { h.AppHash = []byte(strings.Repeat("a", 100)) }},
		{"app version 0", func(h *types.Header) { h.Version.App = 0 }},
		{"app version 300", func(h *types.Header) { h.Version.App = 300 }},
		{"app version of 64 bits", func(h *types.Header) { h.Version.App = 1<<64 - 1 }},
		{"nanoseconds 0", func(h *types.Header) { h.Time = noon }},
		{"nanoseconds 1", func(h *types.Header) { h.Time = noon.Add(1) }},
		{"nanoseconds 999999999", func(h *types.Header) { h.Time = noon.Add(999999999) }},
		{"whole milliseconds", func(h *types.Header) { h.Time = noon.Add(17 * time.Millisecond) }},
		{"time of the Unix epoch", func(h *types.Header) { h.Time = time.Unix(0, 0).UTC() }},
		{"time before the Unix epoch", func(h *types.Header) { h.Time = time.Unix(-2, 500000000).UTC() }},
		{"zero time of Go, year 1", func(h *types.Header) { h.Time = time.Time{} }},
		{"end of year 9999", func(h *types.Header) { h.Time = time.Unix(253402300799, 999999999).UTC() }},
		{"chain id of 50 characters", func(h *types.Header) { h.ChainID = strings.Repeat("chain", 10) }},
		{"chain id in UTF-8", func(h *types.Header) { h.ChainID = "straße-路" }},
		{"empty chain id", func(h *types.Header) { h.ChainID = "" }},
		{"height of 63 bits", func(h *types.Header) { h.Height = 1<<63 - 1 }},
		{"last block id without part set header", func(h *types.Header) {
			h.LastBlockID.PartSetHeader = types.PartSetHeader{}
		}},
		{"no validators hash, hence no hash", func(h *types.Header) { h.ValidatorsHash = nil }},
		{"refused: chain id of 51 characters", func(h *types.Header) { h.ChainID = strings.Repeat("c", 51) }},
		{"refused: block version 10", func(h *types.Header) { h.Version.Block = 10 }},
		{"refused: block version 0", func(h *types.Header) { h.Version.Block = 0 }},
		{"refused: height 0", func(h *types.Header) { h.Height = 0 }},
		{"refused: negative height", func(h *types.Header) { h.Height = -5 }},
		{"refused: data hash of 31 bytes", func(h *types.Header) { h.DataHash = sum("data")[:31] }},
		{"refused: last block hash of 20 bytes", func(h *types.Header) { h.LastBlockID.Hash = sum("x")[:20] }},
		{"refused: no proposer address", func(h *types.Header) { h.ProposerAddress = nil }},
		{"refused: proposer address of 32 bytes", func(h *types.Header) { h.ProposerAddress = sum("x") }},
	}
	cases := make([]object, len(changes))
	for i, c := range changes {
		h := fullHeader()
		c.change(&h)
		var hash any
		if bytes := h.Hash(); bytes != nil {
			hash = toHex(bytes)
		}
		cases[i] = object{
			"name":           c.name,
			"header":         headerObject(h),
			"proto":          toHex(marshal(h.ToProto())),
			"hash":           hash,
			"validate_basic": verdict(h.ValidateBasic),
		}
	}
	return object{"cases": cases}
}
