package main

import (
	"crypto/sha512"
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"

	"github.com/cometbft/cometbft/crypto/ed25519"
)

// identityPoint is the neutral element of the curve, a point of small order.
const identityPoint = "0100000000000000000000000000000000000000000000000000000000000000"

// smallOrderPoints are all encodings of the eight points of small order: eight canonical ones, six not.
var smallOrderPoints = []string{
	identityPoint,
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

// groupOrder is the order of the prime subgroup, the first s that is not canonical.
const groupOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

func decodePoint(text string) *curve.EdwardsPoint {
	compressed, err := curve.NewCompressedEdwardsYFromBytes(fromHex(text))
	must(err)
	point, err := curve.NewEdwardsPoint().SetCompressedY(compressed)
	must(err)
	return point
}

func encodePoint(point *curve.EdwardsPoint) []byte {
	bytes, err := point.MarshalBinary()
	must(err)
	return bytes
}

func baseTimes(s *scalar.Scalar) *curve.EdwardsPoint {
	return curve.NewEdwardsPoint().MulBasepoint(curve.ED25519_BASEPOINT_TABLE, s)
}

// mixedOrder signs with a key and a commitment that carry a part of small order.
func mixedOrder(message []byte, keyPart, commitmentPart string) (publicKey, signature []byte) {
	secret, nonce := scalar.NewFromUint64(1234567), scalar.NewFromUint64(7654321)
	publicPoint := curve.NewEdwardsPoint().Add(baseTimes(secret), decodePoint(keyPart))
	commitment := encodePoint(curve.NewEdwardsPoint().Add(baseTimes(nonce), decodePoint(commitmentPart)))
	publicKey = encodePoint(publicPoint)
	digest := sha512.Sum512(append(append(append([]byte(nil), commitment...), publicKey...), message...))
	challenge, err := scalar.NewFromBytesModOrderWide(digest[:])
	must(err)
	s := scalar.New().Add(nonce, scalar.New().Mul(challenge, secret))
	proof := make([]byte, 32)
	must(s.ToBytes(proof))
	return publicKey, append(commitment, proof...)
}

func signatures() object {
	message := []byte("a vote")
	var cases []object
	add := func(name string, publicKey, signature []byte) {
		cases = append(cases, object{
			"name": name, "public_key": toHex(publicKey), "message": toHex(message), "signature": toHex(signature),
			"verify": ed25519.PubKey(publicKey).VerifySignature(message, signature),
		})
	}
	publicKey := key(0).PubKey().Bytes()
	honest, err := key(0).Sign(message)
	must(err)
	with := func(offset int, bytes []byte) []byte {
		changed := append([]byte(nil), honest...)
		copy(changed[offset:], bytes)
		return changed
	}
	offCurve := append([]byte{2}, make([]byte, 31)...)
	add("honest", publicKey, honest)
	add("one bit of R changed", publicKey, with(0, []byte{honest[0] ^ 1}))
	add("one bit of s changed", publicKey, with(32, []byte{honest[32] ^ 1}))
	add("another key", key(1).PubKey().Bytes(), honest)
	add("63 bytes", publicKey, honest[:63])
	add("65 bytes", publicKey, append(with(0, nil), 0))
	add("R is no point", publicKey, with(0, offCurve))
	add("key is no point", offCurve, honest)
	add("s plus the group order", publicKey, with(32, addGroupOrder(honest[32:])))
	add("small order R and key, s is the group order", fromHex(identityPoint), append(fromHex(identityPoint), fromHex(groupOrder)...))
	add("small order R and key, s is 1", fromHex(identityPoint), append(fromHex(identityPoint), fromHex(identityPoint)...))
	for i, part := range smallOrderPoints[1:8] {
		mixedKey, signature := mixedOrder(message, part, identityPoint)
		add(fmt.Sprintf("key of mixed order %d", i+1), mixedKey, signature)
		plainKey, signature := mixedOrder(message, identityPoint, part)
		add(fmt.Sprintf("R of mixed order %d", i+1), plainKey, signature)
	}
	return object{
		"small_order_points": smallOrderPoints,
		"small_order_rows":   smallOrderMatrix(message),
		"message":            toHex(message),
		"cases":              cases,
	}
}

// smallOrderMatrix notes for each key (row) and R (column) of small order whether R with s = 0 verifies.
func smallOrderMatrix(message []byte) [][]bool {
	rows := make([][]bool, len(smallOrderPoints))
	for i, publicKey := range smallOrderPoints {
		for _, commitment := range smallOrderPoints {
			signature := append(fromHex(commitment), make([]byte, 32)...)
			rows[i] = append(rows[i], ed25519.PubKey(fromHex(publicKey)).VerifySignature(message, signature))
		}
	}
	return rows
}

// addGroupOrder adds the group order to a little-endian s.
func addGroupOrder(s []byte) []byte {
	order, result, carry := fromHex(groupOrder), make([]byte, 32), 0
	for i := range result {
		total := int(s[i]) + int(order[i]) + carry
		result[i], carry = byte(total), total>>8
	}
	return result
}
