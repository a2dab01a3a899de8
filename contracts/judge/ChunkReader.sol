// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening} from "../interfaces/ITensorJudge.sol";

/// @notice The opened chunks of one vector, left where they are in calldata.
/// @dev `table` leads to three words for each range: its first element, the one after its last, and where element 0 would be
/// in calldata if the chunks before the range were there too. `cursor` leads to the range read last.
struct Chunks {
    uint256 space;
    uint256 table;
    uint256 tableEnd;
    uint256 cursor;
}

/// @title Reads elements out of opened chunks
/// @notice Openings are checked as a whole, once: docs/PLAN.md, Roots. An opening without ranges shows nothing.
library ChunkReader {
    uint256 internal constant CHUNK_BYTES = 256;
    uint256 internal constant CHUNK_ELEMENTS = 64;
    uint256 private constant RANGE_BYTES = 8;
    uint256 private constant ENTRY_BYTES = 0x60;

    /// @notice Ranges must have 8 bytes each, chunks 256 bytes each.
    error ChunkReaderLength(uint256 space, uint256 rangesBytes, uint256 chunksBytes);
    /// @notice A range must show something, begin behind the one before it and end inside the vector.
    error ChunkReaderRange(uint256 space, uint256 first, uint256 count);
    /// @notice The ranges must tell as many chunks as there are.
    error ChunkReaderCount(uint256 space, uint256 told, uint256 shown);
    error ChunkReaderSiblings(uint256 space, uint256 needed, uint256 shown);
    error ChunkReaderRoot(uint256 space, bytes32 root, bytes32 found);
    error ChunkReaderNotOpened(uint256 space, uint256 element);

    /// @notice Checks an opening of a vector of `length` elements against its Merkle root.
    function open(
        Opening calldata opening,
        uint256 space,
        bytes32 root,
        uint256 length
    ) internal pure returns (Chunks memory chunks) {
        bytes calldata ranges = opening.ranges;
        bytes calldata content = opening.chunks;
        if (ranges.length % RANGE_BYTES != 0 || content.length % CHUNK_BYTES != 0) {
            revert ChunkReaderLength(space, ranges.length, content.length);
        }
        unchecked {
            chunks.space = space;
            uint256 leaves = length == 0 ? 1 : (length + CHUNK_ELEMENTS - 1) / CHUNK_ELEMENTS;
            uint256 told = _readRanges(chunks, ranges, content, leaves);
            uint256 shown = content.length / CHUNK_BYTES;
            if (told != shown) revert ChunkReaderCount(space, told, shown);
            bytes32[] calldata siblings = opening.siblings;
            (uint256 needed, bytes32 found) = shown == 0
                ? (0, root)
                : _rootOf(_hashLeaves(chunks, content), shown, leaves, siblings);
            if (needed != siblings.length) revert ChunkReaderSiblings(space, needed, siblings.length);
            if (found != root) revert ChunkReaderRoot(space, root, found);
        }
    }

    /// @notice The bit pattern of element `element`.
    function elementAt(Chunks memory chunks, uint256 element) internal pure returns (uint256 bits) {
        (uint256 source, ) = _seek(chunks, element);
        assembly ("memory-safe") {
            bits := shr(224, calldataload(add(source, shl(2, element))))
        }
    }

    /// @notice Copies `count` elements, `step` apart from `element` on, to memory at `to`, 4 bytes each.
    /// @dev Up to 28 bytes after them are written over.
    function copy(Chunks memory chunks, uint256 element, int256 step, uint256 count, uint256 to) internal pure {
        unchecked {
            while (count != 0) {
                (uint256 source, uint256 end) = _seek(chunks, element);
                uint256 copied = end - element;
                if (step == 1) {
                    if (copied > count) copied = count;
                    assembly ("memory-safe") {
                        calldatacopy(to, add(source, shl(2, element)), shl(2, copied))
                    }
                } else {
                    copied = _copyApart(chunks, element, step, count, to);
                }
                to += 4 * copied;
                count -= copied;
                element = uint256(int256(element) + step * int256(copied));
            }
        }
    }

    /// @dev Elements `step` apart as far as the range at the cursor goes; at least one.
    function _copyApart(
        Chunks memory chunks,
        uint256 element,
        int256 step,
        uint256 count,
        uint256 to
    ) private pure returns (uint256 copied) {
        uint256 entry = chunks.cursor;
        assembly ("memory-safe") {
            let first := mload(entry)
            let span := shl(2, sub(mload(add(entry, 0x20)), first))
            let from := add(mload(add(entry, 0x40)), shl(2, first))
            // bytes from the beginning of the range
            let offset := shl(2, sub(element, first))
            step := shl(2, step)
            let place := to
            let last := add(to, shl(2, count))
            for {} and(lt(place, last), lt(offset, span)) {
                place := add(place, 4)
            } {
                mstore(place, calldataload(add(from, offset)))
                offset := add(offset, step)
            }
            copied := shr(2, sub(place, to))
        }
    }

    /// @dev The range that shows an element: where element 0 would be in calldata, and the element after the range.
    function _seek(Chunks memory chunks, uint256 element) private pure returns (uint256 source, uint256 end) {
        uint256 entry = chunks.cursor;
        bool found;
        assembly ("memory-safe") {
            let table := mload(add(chunks, 0x20))
            let tableEnd := mload(add(chunks, 0x40))
            // not below the first range, back as far as needed, then on
            for {} and(gt(entry, table), lt(element, mload(entry))) {} {
                entry := sub(entry, ENTRY_BYTES)
            }
            for {} lt(entry, tableEnd) {
                entry := add(entry, ENTRY_BYTES)
            } {
                end := mload(add(entry, 0x20))
                if lt(element, end) {
                    found := iszero(lt(element, mload(entry)))
                    source := mload(add(entry, 0x40))
                    break
                }
            }
        }
        if (!found) revert ChunkReaderNotOpened(chunks.space, element);
        chunks.cursor = entry;
    }

    /// @dev Fills the table; the number of chunks that the ranges tell.
    function _readRanges(
        Chunks memory chunks,
        bytes calldata ranges,
        bytes calldata content,
        uint256 leaves
    ) private pure returns (uint256 told) {
        unchecked {
            uint256 space = chunks.space;
            uint256 table;
            assembly ("memory-safe") {
                table := mload(0x40)
                mstore(0x40, add(table, mul(0x0c, ranges.length)))
            }
            (chunks.table, chunks.cursor) = (table, table);
            uint256 floor = 0;
            for (uint256 i = 0; i < ranges.length; i += RANGE_BYTES) {
                uint256 first;
                uint256 count;
                assembly ("memory-safe") {
                    let word := calldataload(add(ranges.offset, i))
                    first := shr(216, word)
                    count := and(shr(192, word), 0xffffff)
                }
                if (count == 0 || first < floor || first + count > leaves) revert ChunkReaderRange(space, first, count);
                floor = first + count;
                assembly ("memory-safe") {
                    mstore(table, shl(6, first))
                    mstore(add(table, 0x20), shl(6, floor))
                    mstore(add(table, 0x40), sub(add(content.offset, shl(8, told)), shl(8, first)))
                    table := add(table, ENTRY_BYTES)
                }
                told += count;
            }
            chunks.tableEnd = table;
        }
    }

    /// @dev Two words for each chunk: its position and its hash.
    function _hashLeaves(Chunks memory chunks, bytes calldata content) private pure returns (uint256 nodes) {
        assembly ("memory-safe") {
            // tag and chunk, in the space after the nodes
            nodes := mload(0x40)
            let scratch := add(nodes, shr(2, content.length))
            mstore(0x40, scratch)
            mstore8(scratch, 0x00)
            let chunk := add(scratch, 1)
            let from := content.offset
            let to := nodes
            let entry := mload(add(chunks, 0x20))
            let tableEnd := mload(add(chunks, 0x40))
            for {} lt(entry, tableEnd) {
                entry := add(entry, ENTRY_BYTES)
            } {
                let last := shr(6, mload(add(entry, 0x20)))
                for {
                    let position := shr(6, mload(entry))
                } lt(position, last) {
                    position := add(position, 1)
                } {
                    calldatacopy(chunk, from, CHUNK_BYTES)
                    from := add(from, CHUNK_BYTES)
                    mstore(to, position)
                    mstore(add(to, 0x20), keccak256(scratch, 257))
                    to := add(to, 0x40)
                }
            }
        }
    }

    /// @dev Climbs to the root: level by level while there are many nodes, then with the two or the one that are left.
    /// @param leaves of the tree, at least one; the height is that of the smallest tree that holds them
    /// @return needed siblings
    /// @return found the root, when the siblings were enough
    function _rootOf(
        uint256 nodes,
        uint256 count,
        uint256 leaves,
        bytes32[] calldata siblings
    ) private pure returns (uint256 needed, bytes32 found) {
        uint256 sibling;
        uint256 width;
        (count, width, sibling) = _climbMany(nodes, count, leaves, siblings);
        if (count == 2) (width, sibling) = _climbTwo(nodes, width, sibling);
        assembly ("memory-safe") {
            let left := add(mload(0x40), 1)
            let position := mload(nodes)
            found := mload(add(nodes, 0x20))
            for {} width {
                width := shr(1, width)
            } {
                // a word further when the node is the right one
                let side := shl(5, and(position, 1))
                mstore(add(left, side), found)
                mstore(sub(add(left, 0x20), side), calldataload(sibling))
                sibling := add(sibling, 0x20)
                found := keccak256(sub(left, 1), 0x41)
                position := shr(1, position)
            }
            needed := shr(5, sub(sibling, siblings.offset))
        }
    }

    /// @dev Up to the first level with at most two nodes; each level from left to right, in the place of the one below. Leaves
    /// the tag of a node in free memory.
    /// @return left how many nodes are left
    /// @return width positions of that level, less one
    /// @return sibling where the next one is in calldata
    function _climbMany(
        uint256 nodes,
        uint256 count,
        uint256 leaves,
        bytes32[] calldata siblings
    ) private pure returns (uint256 left, uint256 width, uint256 sibling) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore8(scratch, 0x01)
            sibling := siblings.offset
            width := sub(leaves, 1)
            let end := add(nodes, shl(6, count))
            let few := add(nodes, 0x80)
            for {} gt(end, few) {
                width := shr(1, width)
            } {
                let to := nodes
                for {
                    let from := nodes
                } lt(from, end) {
                    to := add(to, 0x40)
                } {
                    let position := mload(from)
                    let side := shl(5, and(position, 1))
                    mstore(add(add(scratch, 0x01), side), mload(add(from, 0x20)))
                    from := add(from, 0x40)
                    switch and(lt(from, end), eq(mload(from), or(position, 1)))
                    case 0 {
                        mstore(sub(add(scratch, 0x21), side), calldataload(sibling))
                        sibling := add(sibling, 0x20)
                    }
                    default {
                        mstore(add(scratch, 0x21), mload(add(from, 0x20)))
                        from := add(from, 0x40)
                    }
                    mstore(to, shr(1, position))
                    mstore(add(to, 0x20), keccak256(scratch, 0x41))
                }
                end := to
            }
            left := shr(6, sub(end, nodes))
        }
    }

    /// @dev Two nodes up to the one above both, which takes the place of the first.
    function _climbTwo(
        uint256 nodes,
        uint256 width,
        uint256 sibling
    ) private pure returns (uint256 widthLeft, uint256 siblingLeft) {
        assembly ("memory-safe") {
            let left := add(mload(0x40), 1)
            let first := mload(nodes)
            let hash := mload(add(nodes, 0x20))
            let second := mload(add(nodes, 0x40))
            let other := mload(add(nodes, 0x60))
            for {} gt(xor(first, second), 1) {
                width := shr(1, width)
            } {
                let side := shl(5, and(first, 1))
                mstore(add(left, side), hash)
                mstore(sub(add(left, 0x20), side), calldataload(sibling))
                hash := keccak256(sub(left, 1), 0x41)
                side := shl(5, and(second, 1))
                mstore(add(left, side), other)
                mstore(sub(add(left, 0x20), side), calldataload(add(sibling, 0x20)))
                other := keccak256(sub(left, 1), 0x41)
                sibling := add(sibling, 0x40)
                first := shr(1, first)
                second := shr(1, second)
            }
            mstore(left, hash)
            mstore(add(left, 0x20), other)
            mstore(nodes, shr(1, first))
            mstore(add(nodes, 0x20), keccak256(sub(left, 1), 0x41))
            widthLeft := shr(1, width)
            siblingLeft := sibling
        }
    }
}
