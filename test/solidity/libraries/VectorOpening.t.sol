// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening} from "../../../contracts/interfaces/ITensorJudge.sol";
import {VectorOpening} from "../../../contracts/libraries/VectorOpening.sol";
import {Test} from "../support/Test.sol";

/// @notice `VectorOpening` from outside.
contract VectorOpeningHarness {
    using VectorOpening for Opening;

    function verify(Opening calldata opening, bytes32 tree, uint256 length) external pure {
        opening.verify(tree, length);
    }

    function elementOf(Opening calldata opening, uint256 element) external pure returns (uint32) {
        return opening.elementOf(element);
    }
}

/// @notice Any chunks of any tree, against a tree that is hashed naively.
contract VectorOpeningTest is Test {
    uint256 private constant HEIGHT_MAX = 4;
    uint256 private constant CHUNK_BYTES = 256;
    uint256 private constant CHUNK_ELEMENTS = 64;

    VectorOpeningHarness private _harness;

    function setUp() public {
        _harness = new VectorOpeningHarness();
    }

    function testFuzz_OpensEveryElementOfAnyChunks(uint8 height, uint16 opened, uint256 seed) public view {
        (height, opened) = _bounded(height, opened);
        Opening memory opening = _opening(height, opened, seed);
        _harness.verify(opening, _root(height, seed), _length(height));
        for (uint256 chunk = 0; chunk < uint256(1) << height; ++chunk) {
            uint256 element = chunk * CHUNK_ELEMENTS + (seed % CHUNK_ELEMENTS);
            if ((opened >> chunk) & 1 == 1) {
                uint32 expected = _element(_chunk(chunk, seed), element % CHUNK_ELEMENTS);
                assertEq(_harness.elementOf(opening, element), expected, "an element");
            } else {
                _refuses(
                    abi.encodeCall(VectorOpeningHarness.elementOf, (opening, element)),
                    VectorOpening.VectorOpeningNotOpened.selector
                );
            }
        }
    }

    function testFuzz_RefusesAnotherTree(uint8 height, uint16 opened, uint256 seed, uint256 place) public view {
        (height, opened) = _bounded(height, opened);
        Opening memory opening = _opening(height, opened, seed);
        bytes32 root = _root(height, seed);
        // One bit of what is shown, or of a hash on the way.
        place %= opening.chunks.length + 32 * opening.siblings.length;
        if (place < opening.chunks.length) opening.chunks[place] ^= 0x01;
        else opening.siblings[(place - opening.chunks.length) / 32] ^= bytes32(uint256(1));
        _refusesOpening(opening, root, height, VectorOpening.VectorOpeningWrongTree.selector);
    }

    function testFuzz_RefusesMalformedOpenings(uint8 height, uint16 opened, uint256 seed, uint8 kind) public view {
        (height, opened) = _bounded(height, opened);
        Opening memory opening = _opening(height, opened, seed);
        bytes memory ranges = opening.ranges;
        bytes memory chunks = opening.chunks;
        kind %= 10;
        if (kind == 0) opening.siblings = _longer(opening.siblings);
        if (kind == 1) {
            if (opening.siblings.length == 0) return;
            bytes32[] memory siblings = opening.siblings;
            assembly ("memory-safe") {
                mstore(siblings, sub(mload(siblings), 1))
            }
        }
        if (kind == 2) (opening.ranges, opening.chunks) = ("", "");
        if (kind == 3) opening.chunks = abi.encodePacked(chunks, hex"00");
        if (kind == 4) opening.ranges = abi.encodePacked(ranges, hex"00");
        // A range of nothing; one that begins before the last ended; one beyond the tree; one more than chunks are shown.
        if (kind == 5) opening.ranges = abi.encodePacked(_range(0, 0), ranges);
        if (kind == 6) (opening.ranges, opening.chunks) = (_twice(ranges), _twice(chunks));
        if (kind == 7) opening.ranges = _range(uint256(1) << height, chunks.length / CHUNK_BYTES);
        if (kind == 8) opening.ranges = _range(0, chunks.length / CHUNK_BYTES + 1);
        // A chunk too many.
        if (kind == 9) opening.chunks = abi.encodePacked(chunks, new bytes(CHUNK_BYTES));
        _refusesOpening(opening, _root(height, seed), height, VectorOpening.VectorOpeningMalformed.selector);
    }

    function _refusesOpening(Opening memory opening, bytes32 root, uint256 height, bytes4 error) private view {
        _refuses(abi.encodeCall(VectorOpeningHarness.verify, (opening, root, _length(height))), error);
    }

    function _refuses(bytes memory data, bytes4 error) private view {
        (bool ok, bytes memory reason) = address(_harness).staticcall(data);
        assertFalse(ok, "accepted");
        assertEq(bytes32(bytes4(reason)), bytes32(error), "error");
    }

    /// @dev A tree of up to 16 chunks, of which at least one is opened.
    function _bounded(uint8 height, uint16 opened) private pure returns (uint8, uint16) {
        height %= uint8(HEIGHT_MAX + 1);
        opened &= uint16((uint256(1) << (uint256(1) << height)) - 1);
        return (height, opened == 0 ? 1 : opened);
    }

    /// @dev In the last chunk, however full.
    function _length(uint256 height) private pure returns (uint256) {
        return (uint256(1) << height) * CHUNK_ELEMENTS - 5;
    }

    function _chunk(uint256 index, uint256 seed) private pure returns (bytes memory chunk) {
        for (uint256 i = 0; i < 8; ++i) chunk = abi.encodePacked(chunk, keccak256(abi.encode(seed, index, i)));
    }

    function _element(bytes memory chunk, uint256 at) private pure returns (uint32 element) {
        assembly ("memory-safe") {
            element := shr(224, mload(add(add(chunk, 0x20), mul(4, at))))
        }
    }

    /// @dev The node at `index` of `level` levels above the chunks.
    function _node(uint256 level, uint256 index, uint256 seed) private pure returns (bytes32) {
        if (level == 0) return keccak256(abi.encodePacked(bytes1(0x00), _chunk(index, seed)));
        bytes32 left = _node(level - 1, 2 * index, seed);
        return keccak256(abi.encodePacked(bytes1(0x01), left, _node(level - 1, 2 * index + 1, seed)));
    }

    function _root(uint256 height, uint256 seed) private pure returns (bytes32) {
        return _node(height, 0, seed);
    }

    /// @dev Runs of chunks next to each other as one range each; siblings level by level, from left to right.
    function _opening(uint256 height, uint256 opened, uint256 seed) private pure returns (Opening memory opening) {
        uint256 leaves = uint256(1) << height;
        for (uint256 i = 0; i < leaves; ++i) {
            if ((opened >> i) & 1 == 0) continue;
            uint256 first = i;
            for (; i < leaves && (opened >> i) & 1 == 1; ++i) {
                opening.chunks = abi.encodePacked(opening.chunks, _chunk(i, seed));
            }
            opening.ranges = abi.encodePacked(opening.ranges, _range(first, i - first));
        }
        uint256 known = opened;
        for (uint256 level = 0; level < height; ++level) {
            uint256 above = 0;
            for (uint256 i = 0; i < leaves >> level; i += 2) {
                uint256 pair = (known >> i) & 3;
                if (pair != 0) above |= uint256(1) << (i / 2);
                if (pair == 1 || pair == 2) {
                    opening.siblings = _longer(opening.siblings);
                    opening.siblings[opening.siblings.length - 1] = _node(level, pair == 1 ? i + 1 : i, seed);
                }
            }
            known = above;
        }
    }

    function _twice(bytes memory part) private pure returns (bytes memory) {
        return abi.encodePacked(part, part);
    }

    function _range(uint256 first, uint256 count) private pure returns (bytes memory) {
        return abi.encodePacked(uint40(first), uint24(count));
    }

    function _longer(bytes32[] memory list) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
    }
}
