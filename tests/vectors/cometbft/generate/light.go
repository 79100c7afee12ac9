package main

import (
	"bytes"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"
)

const (
	lightChainID = "light-1"
	period       = time.Hour
	drift        = 10 * time.Second
)

// lightSets are the validator sets of the chain: "1" holds at heights 1 to 3, the others at the height they name.
func lightSets() map[string]*types.ValidatorSet {
	twice := powers{0: 10}.set()
	twice.Validators = append(twice.Validators, twice.Validators[0])
	return map[string]*types.ValidatorSet{
		"validator 0 twice":  twice,
		"1":                  powers{0: 10, 1: 10, 2: 10, 3: 10}.set(),
		"4":                  powers{0: 10, 1: 10, 2: 10, 4: 10}.set(),
		"5":                  powers{0: 30, 4: 10, 5: 10, 6: 10}.set(),
		"6":                  powers{4: 10, 5: 10, 6: 10, 7: 10}.set(),
		"three":              powers{0: 10, 1: 10, 2: 10}.set(),
		"three, one heavier": powers{0: 11, 1: 10, 2: 9}.set(),
		"shares validator 0": powers{0: 10, 8: 10, 9: 10}.set(),
	}
}

// lightPlan says which set holds at a height and which at the next.
type lightPlan struct {
	height    int64
	set, next string
}

// deviation makes a block differ from the honest one.
type deviation struct {
	absent, nils  []int
	headerBefore  func(*types.Header)
	headerAfter   func(*types.Header)
	commitAfter   func(*types.Commit)
	signedChainID string
}

// has tells whether a validator is among the numbered ones.
func has(numbers []int, v *types.Validator) bool {
	for _, number := range numbers {
		if string(key(number).PubKey().Address()) == string(v.Address) {
			return true
		}
	}
	return false
}

func lightTime(height int64) time.Time {
	return noon.Add(time.Duration(height) * 10 * time.Second).Add(time.Duration(height))
}

func lightBlock(plan lightPlan, previous *types.SignedHeader, d deviation) *types.SignedHeader {
	sets := lightSets()
	set := sets[plan.set]
	header := fullHeader()
	header.ChainID, header.Height, header.Time = lightChainID, plan.height, lightTime(plan.height)
	header.ValidatorsHash, header.NextValidatorsHash = set.Hash(), sets[plan.next].Hash()
	header.ProposerAddress = set.Validators[0].Address
	header.LastBlockID, header.LastCommitHash = types.BlockID{}, (&types.Commit{}).Hash()
	if previous != nil {
		header.LastBlockID, header.LastCommitHash = previous.Commit.BlockID, previous.Commit.Hash()
	}
	if d.headerBefore != nil {
		d.headerBefore(&header)
	}
	votes := make([]vote, len(set.Validators))
	for i, v := range set.Validators {
		switch offset := lightTime(plan.height).Sub(noon) + time.Duration(i)*time.Millisecond; {
		case has(d.absent, v):
		case has(d.nils, v):
			votes[i] = null(offset)
		default:
			votes[i] = yes(offset)
		}
	}
	chainID := lightChainID
	if d.signedChainID != "" {
		chainID = d.signedChainID
	}
	id := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: sum("parts")}}
	commit := signCommit(chainID, plan.height, 0, id, set, votes)
	if d.headerAfter != nil {
		d.headerAfter(&header)
	}
	if d.commitAfter != nil {
		d.commitAfter(commit)
	}
	return &types.SignedHeader{Header: &header, Commit: commit}
}

func lightBlocks() map[string]*types.SignedHeader {
	plans := []lightPlan{{1, "1", "1"}, {2, "1", "1"}, {3, "1", "4"}, {4, "4", "5"}, {5, "5", "6"}, {6, "6", "6"}}
	names := []string{"1", "2", "3", "4", "5", "6"}
	found := map[string]*types.SignedHeader{}
	var previous *types.SignedHeader
	for i, plan := range plans {
		previous = lightBlock(plan, previous, deviation{})
		found[names[i]] = previous
	}
	odd := func(name string, height int64, d deviation) {
		found[name] = lightBlock(plans[height-1], found[names[height-2]], d)
	}
	odd("2 with the time of 1", 2, deviation{headerBefore: func(h *types.Header) { h.Time = lightTime(1) }})
	odd("2 a nanosecond after 1", 2, deviation{headerBefore: func(h *types.Header) { h.Time = lightTime(1).Add(1) }})
	odd("2 signed by half", 2, deviation{absent: []int{0, 1}})
	odd("2 with half of the votes nil", 2, deviation{nils: []int{2, 3}})
	odd("2 with one vote nil and one absent", 2, deviation{nils: []int{2}, absent: []int{3}})
	odd("2 with one vote absent", 2, deviation{absent: []int{3}})
	odd("2 with a forged first signature", 2, deviation{commitAfter: flip(0)})
	odd("2 with a forged last signature", 2, deviation{commitAfter: flip(3)})
	odd("2 with another app hash than signed", 2, deviation{headerAfter: func(h *types.Header) { h.AppHash = sum("forged") }})
	odd("2 of another chain", 2, deviation{signedChainID: "light-2", headerBefore: func(h *types.Header) { h.ChainID = "light-2" }})
	odd("2 signed for another chain", 2, deviation{signedChainID: "light-2"})
	odd("2 with a commit of height 3", 2, deviation{commitAfter: func(c *types.Commit) { c.Height = 3 }})
	odd("2 with a signature too few", 2, deviation{commitAfter: func(c *types.Commit) { c.Signatures = c.Signatures[:3] }})
	odd("2 of block version 10", 2, deviation{headerBefore: func(h *types.Header) { h.Version.Block = 10 }})
	found["2 by validators that 1 did not name"] = lightBlock(lightPlan{2, "4", "4"}, found["1"], deviation{})
	missing := *found["2"]
	missing.Commit = nil
	found["2 without commit"] = &missing
	odd("3 with one signature twice", 3, deviation{commitAfter: func(c *types.Commit) { c.Signatures[1] = c.Signatures[0] }})
	odd("3 with a forged first signature", 3, deviation{commitAfter: flip(0)})
	odd("3 with a forged third signature", 3, deviation{commitAfter: flip(2)})
	odd("4 signed by half", 4, deviation{absent: []int{2, 4}})
	found["3 by validators that share 0"] = lightBlock(
		lightPlan{3, "shares validator 0", "shares validator 0"}, found["2"], deviation{})
	found["3 by validator 0 as two"] = lightBlock(
		lightPlan{3, "validator 0 twice", "validator 0 twice"}, found["2"], deviation{})
	found["1 with the time of 5"] = lightBlock(plans[0], nil, deviation{headerBefore: func(h *types.Header) { h.Time = lightTime(5) }})
	found["2 with the time of 5"] = lightBlock(plans[1], found["1"], deviation{headerBefore: func(h *types.Header) { h.Time = lightTime(5) }})
	for _, set := range []string{"three", "three, one heavier"} {
		found["1 by "+set] = lightBlock(lightPlan{1, set, set}, nil, deviation{})
	}
	return found
}

// lightCase is one call of light.Verify, with blocks and sets by name.
type lightCase struct {
	name                    string
	trusted, trustedSet     string
	untrusted, untrustedSet string
	now                     time.Time
	trustLevel              cmtmath.Fraction
}

func compare(name, trusted, trustedSet, untrusted, untrustedSet string) lightCase {
	return lightCase{name, trusted, trustedSet, untrusted, untrustedSet, noon.Add(10 * time.Minute), light.DefaultTrustLevel}
}

func (c lightCase) at(now time.Time) lightCase {
	c.now = now
	return c
}

func (c lightCase) level(numerator, denominator uint64) lightCase {
	c.trustLevel = cmtmath.Fraction{Numerator: numerator, Denominator: denominator}
	return c
}

func lightCases() []lightCase {
	expiry, near := lightTime(1).Add(period), lightTime(2).Add(-drift)
	return []lightCase{
		compare("adjacent, same set", "1", "1", "2", "1"),
		compare("adjacent, the set changes as announced", "3", "1", "4", "4"),
		compare("adjacent, powers change", "4", "4", "5", "5"),
		compare("adjacent, one validator leaves", "5", "5", "6", "6"),
		compare("adjacent, trust level 1 does not matter", "1", "1", "2", "1").level(1, 1),
		compare("adjacent, trusted set does not matter", "1", "6", "2", "1"),
		compare("adjacent, one vote absent", "1", "1", "2 with one vote absent", "1"),
		compare("adjacent, a nanosecond before expiry", "1", "1", "2", "1").at(expiry.Add(-1)),
		compare("adjacent, at expiry", "1", "1", "2", "1").at(expiry),
		compare("adjacent, long expired", "1", "1", "2", "1").at(expiry.Add(period)),
		compare("adjacent, from the future by exactly the drift", "1", "1", "2", "1").at(near),
		compare("adjacent, from the future by a nanosecond less than the drift", "1", "1", "2", "1").at(near.Add(1)),
		compare("adjacent, time does not advance", "1", "1", "2 with the time of 1", "1"),
		compare("adjacent, time advances by a nanosecond", "1", "1", "2 a nanosecond after 1", "1"),
		compare("adjacent, another set than announced", "1", "1", "2 by validators that 1 did not name", "4"),
		compare("adjacent, another set than the header names", "1", "1", "2", "4"),
		compare("adjacent, half of the power", "1", "1", "2 signed by half", "1"),
		compare("adjacent, half of the votes nil", "1", "1", "2 with half of the votes nil", "1"),
		compare("adjacent, a nil vote and an absent one", "1", "1", "2 with one vote nil and one absent", "1"),
		compare("adjacent, forged signature before two thirds", "1", "1", "2 with a forged first signature", "1"),
		compare("adjacent, forged signature after two thirds", "1", "1", "2 with a forged last signature", "1"),
		compare("adjacent, header changed after signing", "1", "1", "2 with another app hash than signed", "1"),
		compare("adjacent, another chain", "1", "1", "2 of another chain", "1"),
		compare("adjacent, votes for another chain", "1", "1", "2 signed for another chain", "1"),
		compare("adjacent, commit of another height", "1", "1", "2 with a commit of height 3", "1"),
		compare("adjacent, a signature too few", "1", "1", "2 with a signature too few", "1"),
		compare("adjacent, no commit", "1", "1", "2 without commit", "1"),
		compare("adjacent, block version 10", "1", "1", "2 of block version 10", "1"),
		compare("same height", "2", "1", "2", "1"),
		compare("lower height", "3", "1", "1", "1"),
		compare("same height, later time", "2", "1", "2 with the time of 5", "1"),
		compare("lower height, later time", "3", "1", "1 with the time of 5", "1"),
		compare("skipping, the new set counts one trusted validator twice", "1", "1", "3 by validator 0 as two", "validator 0 twice"),
		compare("skipping, same set", "1", "1", "3", "1"),
		compare("skipping, three of four stay", "1", "1", "4", "4"),
		compare("skipping, three of four stay, trust level 2/3", "1", "1", "4", "4").level(2, 3),
		compare("skipping, same set, trust level 1", "1", "1", "3", "1").level(1, 1),
		compare("skipping, a quarter stays and its power grew since", "1", "1", "5", "5"),
		compare("skipping, nobody stays", "1", "1", "6", "6"),
		compare("skipping, the next set of the trusted header has a half", "3", "4", "5", "5"),
		compare("skipping, the set of the trusted header has a quarter", "3", "1", "5", "5"),
		compare("skipping, exactly a third stays", "1 by three", "three", "3 by validators that share 0", "shares validator 0"),
		compare("skipping, one unit above a third stays", "1 by three, one heavier", "three, one heavier", "3 by validators that share 0", "shares validator 0"),
		compare("skipping, half of the new set signs", "1", "1", "4 signed by half", "4"),
		compare("skipping, at expiry", "1", "1", "3", "1").at(expiry),
		compare("skipping, from the future", "1", "1", "3", "1").at(near),
		compare("skipping, another set than the header names", "1", "1", "3", "5"),
		compare("skipping, one signature twice", "1", "1", "3 with one signature twice", "1"),
		compare("skipping, forged signature before a third", "1", "1", "3 with a forged first signature", "1"),
		compare("skipping, forged signature between a third and two thirds", "1", "1", "3 with a forged third signature", "1"),
	}
}

func decodeSigned(text []byte) (*types.SignedHeader, error) {
	message := new(cmtproto.SignedHeader)
	must(proto.Unmarshal(text, message))
	return types.SignedHeaderFromProto(message)
}

func decodeSet(text []byte) (*types.ValidatorSet, error) {
	message := new(cmtproto.ValidatorSet)
	must(proto.Unmarshal(text, message))
	return types.ValidatorSetFromProto(message)
}

// verifyDecoded runs light.Verify on what the bytes decode to, as a light client on another chain does.
func verifyDecoded(trusted, trustedSet, untrusted, untrustedSet []byte, now time.Time, level cmtmath.Fraction) error {
	trustedHeader, err := decodeSigned(trusted)
	must(err)
	trustedVals, err := decodeSet(trustedSet)
	must(err)
	untrustedVals, err := decodeSet(untrustedSet)
	must(err)
	untrustedHeader, err := decodeSigned(untrusted)
	if err != nil {
		return err
	}
	return light.Verify(trustedHeader, trustedVals, untrustedHeader, untrustedVals, period, now, drift, level)
}

func lightClient() object {
	blocks, sets, headers := lightBlocks(), map[string][]byte{}, map[string][]byte{}
	setTexts, headerTexts := map[string]string{}, map[string]string{}
	for name, set := range lightSets() {
		sets[name] = setProto(set)
		setTexts[name] = toHex(sets[name])
	}
	for name, signed := range blocks {
		headers[name] = marshal(signed.ToProto())
		headerTexts[name] = toHex(headers[name])
	}
	var cases []object
	for _, c := range lightCases() {
		cases = append(cases, object{
			"name":                    c.name,
			"trusted_header":          c.trusted,
			"trusted_validator_set":   c.trustedSet,
			"trusted_set_is_own":      bytes.Equal(blocks[c.trusted].ValidatorsHash, lightSets()[c.trustedSet].Hash()),
			"trusted_set_is_next":     bytes.Equal(blocks[c.trusted].NextValidatorsHash, lightSets()[c.trustedSet].Hash()),
			"untrusted_header":        c.untrusted,
			"untrusted_validator_set": c.untrustedSet,
			"now":                     timeObject(c.now),
			"trust_level":             object{"numerator": c.trustLevel.Numerator, "denominator": c.trustLevel.Denominator},
			"verify": verdict(func() error {
				return verifyDecoded(headers[c.trusted], sets[c.trustedSet], headers[c.untrusted], sets[c.untrustedSet], c.now, c.trustLevel)
			}),
		})
	}
	return object{
		"chain_id":           lightChainID,
		"trusting_period_ns": int64(period),
		"max_clock_drift_ns": int64(drift),
		"validator_sets":     setTexts,
		"signed_headers":     headerTexts,
		"cases":              cases,
	}
}
