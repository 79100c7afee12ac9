package main

import (
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// seed is the Ed25519 seed of a numbered validator: sha256 of "validator N".
func seed(number int) []byte { return sum(fmt.Sprintf("validator %d", number)) }

func key(number int) ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprintf("validator %d", number)))
}

// powers maps the number of a validator to its voting power.
type powers map[int]int64

func (p powers) set() *types.ValidatorSet {
	var list []*types.Validator
	for number, power := range p {
		list = append(list, types.NewValidator(key(number).PubKey(), power))
	}
	return types.NewValidatorSet(list)
}

func setProto(set *types.ValidatorSet) []byte {
	message, err := set.ToProto()
	must(err)
	return marshal(message)
}

// keysByAddress finds the key of any validator that the vectors use.
func keysByAddress() map[string]ed25519.PrivKey {
	keys := map[string]ed25519.PrivKey{}
	for number := 0; number < 20; number++ {
		keys[string(key(number).PubKey().Address())] = key(number)
	}
	return keys
}

// vote says how a validator voted, and when; the zero vote is an absent one.
type vote struct {
	flag types.BlockIDFlag
	time time.Time
}

func yes(offset time.Duration) vote { return vote{types.BlockIDFlagCommit, noon.Add(offset)} }
func null(offset time.Duration) vote {
	return vote{types.BlockIDFlagNil, noon.Add(offset)}
}

func signCommit(chainID string, height int64, round int32, id types.BlockID, set *types.ValidatorSet, votes []vote) *types.Commit {
	commit := &types.Commit{Height: height, Round: round, BlockID: id, Signatures: make([]types.CommitSig, len(votes))}
	keys := keysByAddress()
	for i, v := range votes {
		if v.flag == 0 {
			commit.Signatures[i] = types.NewCommitSigAbsent()
			continue
		}
		address := set.Validators[i].Address
		commit.Signatures[i] = types.CommitSig{BlockIDFlag: v.flag, ValidatorAddress: address, Timestamp: v.time}
		signer, known := keys[string(address)]
		if !known {
			commit.Signatures[i].Signature = make([]byte, 64)
			continue
		}
		signature, err := signer.Sign(commit.VoteSignBytes(chainID, int32(i)))
		must(err)
		commit.Signatures[i].Signature = signature
	}
	return commit
}

func commitObject(commit *types.Commit) object {
	signatures := make([]object, len(commit.Signatures))
	for i, s := range commit.Signatures {
		signatures[i] = object{
			"block_id_flag":     int(s.BlockIDFlag),
			"validator_address": toHex(s.ValidatorAddress),
			"timestamp":         timeObject(s.Timestamp),
			"signature":         toHex(s.Signature),
		}
	}
	return object{
		"height":     commit.Height,
		"round":      commit.Round,
		"block_id":   blockIDObject(commit.BlockID),
		"signatures": signatures,
	}
}

func voteSignBytes(chainID string, commit *types.Commit) []string {
	texts := make([]string, len(commit.Signatures))
	for i := range commit.Signatures {
		texts[i] = toHex(commit.VoteSignBytes(chainID, int32(i)))
	}
	return texts
}

type commitCase struct {
	name   string
	set    *types.ValidatorSet
	round  int32
	votes  []vote
	change func(*types.Commit)
}

const commitChainID = "vectors-1"

func commitCases() []commitCase {
	one, two, three, four := powers{0: 10}.set(), powers{0: 2, 1: 1}.set(), powers{0: 1, 1: 1, 2: 1}.set(), fourEqual().set()
	withSmallOrderKey := types.NewValidatorSet(append(
		powers{0: 10, 1: 10}.set().Validators, types.NewValidator(ed25519.PubKey(fromHex(identityPoint)), 10)))
	all := []vote{yes(0), yes(1), yes(time.Millisecond), yes(987654321)}
	return []commitCase{
		{"one validator", one, 0, []vote{yes(5)}, nil},
		{"one validator, round 2", one, 2, []vote{yes(0)}, nil},
		{"one validator, largest round", one, 1<<31 - 1, []vote{yes(0)}, nil},
		{"one validator votes nil", one, 0, []vote{null(0)}, nil},
		{"one validator, time of the Unix epoch", one, 0, []vote{{types.BlockIDFlagCommit, time.Unix(0, 0).UTC()}}, nil},
		{"one validator, zero time", one, 0, []vote{{types.BlockIDFlagCommit, time.Time{}}}, nil},
		{"one validator, forged signature", one, 0, []vote{yes(0)}, flip(0)},
		{"two thirds of the power exactly", two, 0, []vote{yes(0), {}}, nil},
		{"two of three equal validators", three, 0, []vote{yes(0), yes(0), {}}, nil},
		{"four validators", four, 0, all, nil},
		{"four validators, one absent", four, 1, []vote{yes(0), {}, yes(1), yes(2)}, nil},
		{"four validators, one nil", four, 1, []vote{yes(0), yes(1), null(2), yes(3)}, nil},
		{"four validators, one absent and one nil", four, 1, []vote{yes(0), {}, null(2), yes(3)}, nil},
		{"four validators, all absent", four, 0, make([]vote, 4), nil},
		{"forged signature before two thirds", four, 0, all, flip(1)},
		{"forged signature after two thirds", four, 0, all, flip(3)},
		{"forged signature of a nil vote", four, 0, []vote{null(0), yes(1), yes(2), yes(3)}, flip(0)},
		{"nil vote under another's address", four, 0, []vote{null(0), yes(1), yes(2), yes(3)}, func(c *types.Commit) {
			c.Signatures[0].ValidatorAddress = c.Signatures[1].ValidatorAddress
		}},
		{"vote under another's address", four, 0, all, func(c *types.Commit) {
			c.Signatures[0].ValidatorAddress = c.Signatures[1].ValidatorAddress
		}},
		{"two votes swapped", four, 0, all, func(c *types.Commit) {
			c.Signatures[0], c.Signatures[1] = c.Signatures[1], c.Signatures[0]
		}},
		{"nil vote presented as a vote for the block", four, 0, []vote{null(0), yes(1), yes(2), {}}, func(c *types.Commit) {
			c.Signatures[0].BlockIDFlag = types.BlockIDFlagCommit
		}},
		{"timestamp changed by a nanosecond", four, 0, all, func(c *types.Commit) {
			c.Signatures[0].Timestamp = c.Signatures[0].Timestamp.Add(1)
		}},
		{"round changed", four, 0, all, func(c *types.Commit) { c.Round = 1 }},
		{"height changed", four, 0, all, func(c *types.Commit) { c.Height++ }},
		{"block hash changed", four, 0, all, func(c *types.Commit) { c.BlockID.Hash = sum("another block") }},
		{"part set header changed", four, 0, all, func(c *types.Commit) { c.BlockID.PartSetHeader.Total++ }},
		{"too few signatures", four, 0, all, func(c *types.Commit) { c.Signatures = c.Signatures[:3] }},
		{"signature of 63 bytes", four, 0, all, func(c *types.Commit) {
			c.Signatures[0].Signature = c.Signatures[0].Signature[:63]
		}},
		{"signature that only ZIP-215 accepts", withSmallOrderKey, 0, []vote{yes(0), yes(0), yes(0)}, func(c *types.Commit) {
			for i, v := range withSmallOrderKey.Validators {
				if toHex(v.PubKey.Bytes()) == identityPoint {
					c.Signatures[i].Signature = append(fromHex(identityPoint), make([]byte, 32)...)
				}
			}
		}},
	}
}

func fourEqual() powers { return powers{0: 10, 1: 10, 2: 10, 3: 10} }

// flip changes one bit of a signature.
func flip(index int) func(*types.Commit) {
	return func(c *types.Commit) { c.Signatures[index].Signature[40] ^= 1 }
}

func commits() object {
	id := types.BlockID{Hash: sum("block"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: sum("parts")}}
	var cases []object
	for _, c := range commitCases() {
		commit := signCommit(commitChainID, 7, c.round, id, c.set, c.votes)
		if c.change != nil {
			c.change(commit)
		}
		cases = append(cases, object{
			"name":            c.name,
			"commit":          commitObject(commit),
			"validator_set":   toHex(setProto(c.set)),
			"proto":           toHex(marshal(commit.ToProto())),
			"hash":            toHex(commit.Hash()),
			"vote_sign_bytes": voteSignBytes(commitChainID, commit),
			"validate_basic":  verdict(commit.ValidateBasic),
			"verify_commit": verdict(func() error {
				return types.VerifyCommit(commitChainID, c.set, id, 7, commit)
			}),
			"verify_commit_light": verdict(func() error {
				return types.VerifyCommitLight(commitChainID, c.set, id, 7, commit)
			}),
		})
	}
	empty := &types.Commit{}
	return object{
		"chain_id": commitChainID,
		"height":   7,
		"block_id": blockIDObject(id),
		"empty_commit": object{
			"proto": toHex(marshal(empty.ToProto())),
			"hash":  toHex(empty.Hash()),
		},
		"cases":           cases,
		"malformed":       malformedCommits(id),
		"vote_sign_bytes": voteSignByteCases(),
	}
}

// malformedCommits are commits that CometBFT refuses to decode.
func malformedCommits(id types.BlockID) []object {
	changes := []struct {
		name   string
		change func(*types.Commit)
	}{
		{"negative height", func(c *types.Commit) { c.Height = -1 }},
		{"negative round", func(c *types.Commit) { c.Round = -1 }},
		{"no block", func(c *types.Commit) { c.BlockID = types.BlockID{} }},
		{"block hash of 31 bytes", func(c *types.Commit) { c.BlockID.Hash = c.BlockID.Hash[:31] }},
		{"parts hash of 33 bytes", func(c *types.Commit) { c.BlockID.PartSetHeader.Hash = append(sum("parts"), 0) }},
		{"no signatures", func(c *types.Commit) { c.Signatures = nil }},
		{"block id flag 0", func(c *types.Commit) { c.Signatures[0].BlockIDFlag = 0 }},
		{"block id flag 4", func(c *types.Commit) { c.Signatures[0].BlockIDFlag = 4 }},
		{"address of 19 bytes", func(c *types.Commit) { c.Signatures[0].ValidatorAddress = sum("x")[:19] }},
		{"empty signature", func(c *types.Commit) { c.Signatures[0].Signature = nil }},
		{"signature of 3310 bytes", func(c *types.Commit) { c.Signatures[0].Signature = make([]byte, 3310) }},
		{"absent vote with an address", func(c *types.Commit) { c.Signatures[1].ValidatorAddress = sum("x")[:20] }},
		{"absent vote with a time", func(c *types.Commit) { c.Signatures[1].Timestamp = noon }},
		{"absent vote with a signature", func(c *types.Commit) { c.Signatures[1].Signature = make([]byte, 64) }},
	}
	cases := make([]object, len(changes))
	for i, c := range changes {
		commit := signCommit(commitChainID, 7, 0, id, powers{0: 10, 1: 1}.set(), []vote{yes(0), {}})
		c.change(commit)
		message := commit.ToProto()
		cases[i] = object{
			"name":       c.name,
			"proto":      toHex(marshal(message)),
			"from_proto": verdict(func() error { _, err := types.CommitFromProto(message); return err }),
		}
	}
	return cases
}

// voteSignByteCases shows the canonical bytes of votes and proposals outside commits.
func voteSignByteCases() []object {
	id := types.BlockID{Hash: sum("block"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: sum("parts")}}
	votes := []struct {
		name    string
		chainID string
		vote    types.Vote
	}{
		{"precommit", "vectors-1", types.Vote{Type: cmtproto.PrecommitType, Height: 1, BlockID: id, Timestamp: noon}},
		{"prevote", "vectors-1", types.Vote{Type: cmtproto.PrevoteType, Height: 1, BlockID: id, Timestamp: noon}},
		{"nil prevote, empty chain id", "", types.Vote{Type: cmtproto.PrevoteType, Height: 1, Timestamp: noon}},
		{"height 0, round 0", "vectors-1", types.Vote{Type: cmtproto.PrecommitType, BlockID: id, Timestamp: noon}},
		{"high round", "vectors-1", types.Vote{Type: cmtproto.PrecommitType, Height: 1 << 40, Round: 1 << 20, BlockID: id, Timestamp: noon.Add(1)}},
	}
	cases := make([]object, len(votes))
	for i, v := range votes {
		cases[i] = object{
			"name":       v.name,
			"chain_id":   v.chainID,
			"type":       int(v.vote.Type),
			"height":     v.vote.Height,
			"round":      v.vote.Round,
			"block_id":   blockIDObject(v.vote.BlockID),
			"timestamp":  timeObject(v.vote.Timestamp),
			"sign_bytes": toHex(types.VoteSignBytes(v.chainID, v.vote.ToProto())),
		}
	}
	return cases
}

func validatorSets() object {
	sets := []struct {
		name   string
		powers powers
	}{
		{"one validator", powers{0: 10}},
		{"two validators of one power", powers{0: 1, 1: 1}},
		{"four validators of one power", fourEqual()},
		{"four validators of different power", powers{0: 1, 1: 1000, 2: 50, 3: 128}},
		{"seven validators, ties within", powers{0: 5, 1: 7, 2: 5, 3: 7, 4: 5, 5: 1, 6: 300}},
		{"the largest total power", powers{0: types.MaxTotalVotingPower - 1, 1: 1}},
		{"seventeen validators", powers{0: 3, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 3, 10: 3, 11: 3, 12: 3, 13: 3, 14: 3, 15: 3, 16: 3}},
	}
	cases := make([]object, len(sets))
	for i, s := range sets {
		set := s.powers.set()
		given := make([]object, 0, len(s.powers))
		for number := 0; number < 20; number++ {
			if power, found := s.powers[number]; found {
				given = append(given, object{
					"seed":         toHex(seed(number)),
					"pub_key":      toHex(key(number).PubKey().Bytes()),
					"voting_power": power,
				})
			}
		}
		ordered := make([]object, len(set.Validators))
		for j, v := range set.Validators {
			ordered[j] = object{
				"address":           toHex(v.Address),
				"pub_key":           toHex(v.PubKey.Bytes()),
				"voting_power":      v.VotingPower,
				"proposer_priority": v.ProposerPriority,
				"simple_validator":  toHex(v.Bytes()),
			}
		}
		cases[i] = object{
			"name":     s.name,
			"given":    given,
			"ordered":  ordered,
			"proposer": toHex(set.GetProposer().Address),
			"proto":    toHex(setProto(set)),
			"hash":     toHex(set.Hash()),
		}
	}
	return object{
		"empty_hash": toHex((&types.ValidatorSet{}).Hash()),
		"cases":      cases,
		"unusual":    unusualSets(),
	}
}

// unusualSets are encoded sets that CometBFT itself would not make, with its word on whether it reads them.
func unusualSets() []object {
	changes := []struct {
		name   string
		change func(*cmtproto.ValidatorSet)
	}{
		{"no validators", func(s *cmtproto.ValidatorSet) { s.Validators = nil }},
		{"no proposer", func(s *cmtproto.ValidatorSet) { s.Proposer = nil }},
		{"proposer outside the set", func(s *cmtproto.ValidatorSet) { s.Proposer, s.Validators = s.Validators[0], s.Validators[1:] }},
		{"negative power", func(s *cmtproto.ValidatorSet) { s.Validators[1].VotingPower = -1 }},
		{"power 0", func(s *cmtproto.ValidatorSet) { s.Validators[1].VotingPower = 0 }},
		{"address of another key", func(s *cmtproto.ValidatorSet) { s.Validators[1].Address = sum("x")[:20] }},
		{"no address", func(s *cmtproto.ValidatorSet) { s.Validators[1].Address = nil }},
		{"key of 31 bytes", func(s *cmtproto.ValidatorSet) {
			s.Validators[1].PubKey.Sum = &cmtcrypto.PublicKey_Ed25519{Ed25519: sum("x")[:31]}
		}},
		{"no key", func(s *cmtproto.ValidatorSet) { s.Validators[1].PubKey.Sum = nil }},
		{"total power too large by 1", func(s *cmtproto.ValidatorSet) {
			s.Validators[0].VotingPower, s.Validators[1].VotingPower = types.MaxTotalVotingPower, 1
			s.Validators = s.Validators[:2]
		}},
		{"another total power named", func(s *cmtproto.ValidatorSet) { s.TotalVotingPower = 1 }},
		{"order reversed", func(s *cmtproto.ValidatorSet) {
			s.Validators[0], s.Validators[3] = s.Validators[3], s.Validators[0]
		}},
		{"one validator twice", func(s *cmtproto.ValidatorSet) { s.Validators[1] = s.Validators[0] }},
	}
	cases := make([]object, len(changes))
	for i, c := range changes {
		message, err := powers{0: 40, 1: 30, 2: 20, 3: 10}.set().ToProto()
		must(err)
		c.change(message)
		cases[i] = object{
			"name":       c.name,
			"proto":      toHex(marshal(message)),
			"from_proto": verdict(func() error { _, err := types.ValidatorSetFromProto(message); return err }),
		}
	}
	return cases
}
