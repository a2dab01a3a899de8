// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening} from "../interfaces/ITensorJudge.sol";
import {MerkleTree} from "./MerkleTree.sol";

/// @notice Reads single elements out of an opening that was checked against its tree (docs/PLAN.md, Roots).
/// @dev For proofs that read one or two numbers. The judge has its own, faster reader.
library VectorOpening {
    uint256 private constant RANGE_BYTES = 8;
    uint256 private constant ELEMENT_BYTES = 4;

    error VectorOpeningMalformed();
    error VectorOpeningWrongTree(bytes32 tree, bytes32 found);
    /// @notice Thrown when an element is not in the opened chunks.
    error VectorOpeningNotOpened(uint256 element);

    /// @notice Checks an opening of a vector of `length` elements against its tree. Chunks past the length may be opened.
    function verify(Opening calldata opening, bytes32 tree, uint256 length) internal pure {
        uint256 height = MerkleTree.heightOfVector(length);
        uint256[] memory positions = _chunksOf(opening, uint256(1) << height);
        bytes32[] memory hashes = new bytes32[](positions.length);
        for (uint256 i = 0; i < positions.length; ++i) hashes[i] = MerkleTree.leafOf(_chunk(opening, i));
        uint256 count = positions.length;
        uint256 next = 0;
        for (; height != 0; --height) {
            uint256 parents = 0;
            for (uint256 i = 0; i < count; ++parents) {
                uint256 index = positions[i];
                bytes32 hash = hashes[i++];
                if (index & 1 == 1) {
                    hash = MerkleTree.nodeOf(_sibling(opening, next++), hash);
                } else if (i < count && positions[i] == index + 1) {
                    hash = MerkleTree.nodeOf(hash, hashes[i++]);
                } else {
                    hash = MerkleTree.nodeOf(hash, _sibling(opening, next++));
                }
                (positions[parents], hashes[parents]) = (index >> 1, hash);
            }
            count = parents;
        }
        if (next != opening.siblings.length) revert VectorOpeningMalformed();
        if (hashes[0] != tree) revert VectorOpeningWrongTree(tree, hashes[0]);
    }

    /// @notice Element `element` of an opening that `verify` has passed.
    function elementOf(Opening calldata opening, uint256 element) internal pure returns (uint32) {
        uint256 chunk = element / MerkleTree.CHUNK_ELEMENTS;
        uint256 before = 0;
        for (uint256 i = 0; i < opening.ranges.length; i += RANGE_BYTES) {
            (uint256 first, uint256 count) = _range(opening.ranges, i);
            if (chunk >= first && chunk < first + count) {
                uint256 offset =
                    (before + chunk - first) * MerkleTree.CHUNK_BYTES +
                        (element % MerkleTree.CHUNK_ELEMENTS) * ELEMENT_BYTES;
                return uint32(bytes4(opening.chunks[offset:offset + ELEMENT_BYTES]));
            }
            before += count;
        }
        revert VectorOpeningNotOpened(element);
    }

    /// @dev The positions of the opened chunks: ascending, without repetition, inside the tree.
    function _chunksOf(Opening calldata opening, uint256 leaves) private pure returns (uint256[] memory positions) {
        bytes calldata ranges = opening.ranges;
        uint256 total = opening.chunks.length / MerkleTree.CHUNK_BYTES;
        if (total == 0 || opening.chunks.length % MerkleTree.CHUNK_BYTES != 0 || ranges.length % RANGE_BYTES != 0) {
            revert VectorOpeningMalformed();
        }
        positions = new uint256[](total);
        uint256 filled = 0;
        uint256 floor = 0;
        for (uint256 i = 0; i < ranges.length; i += RANGE_BYTES) {
            (uint256 first, uint256 count) = _range(ranges, i);
            if (count == 0 || first < floor || first + count > leaves || filled + count > total) {
                revert VectorOpeningMalformed();
            }
            for (uint256 j = 0; j < count; ++j) positions[filled++] = first + j;
            floor = first + count;
        }
        if (filled != total) revert VectorOpeningMalformed();
    }

    function _range(bytes calldata ranges, uint256 offset) private pure returns (uint256 first, uint256 count) {
        uint256 word = uint64(bytes8(ranges[offset:offset + RANGE_BYTES]));
        return (word >> 24, word & 0xffffff);
    }

    function _chunk(Opening calldata opening, uint256 i) private pure returns (bytes calldata) {
        return opening.chunks[i * MerkleTree.CHUNK_BYTES:(i + 1) * MerkleTree.CHUNK_BYTES];
    }

    function _sibling(Opening calldata opening, uint256 i) private pure returns (bytes32) {
        if (i >= opening.siblings.length) revert VectorOpeningMalformed();
        return opening.siblings[i];
    }
}
