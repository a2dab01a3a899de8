// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The root under which a vector of numbers is known
/// @notice A vector is a sequence of 4-byte elements, big-endian float32 or int32. Chunks of 64 elements are the leaves of
/// a binary tree:
///
///     leaf = keccak256(0x00 ‖ chunk)          the last chunk is filled up with zeros
///     node = keccak256(0x01 ‖ left ‖ right)   zero chunks pad the tree to a power of two
///     root = keccak256(0x02 ‖ uint64 length ‖ merkleRoot)
///
/// with the length in elements. The empty vector has one zero chunk.
/// @dev The tags keep a leaf from being read as a node, and the length keeps a vector from being confused with the same
/// vector and more zeros. Bytes are hashed as they are: canonical encoding is the business of those who compute.
/// Twin: `workers/protocol/vector-root.ts`; shared cases: `test/vectors/vectors.json`.
library VectorTree {
    /// @notice Thrown when a vector's length in bytes is no multiple of 4.
    error VectorTreeLength(uint256 byteLength);

    /// @dev keccak256 of 0x00 and one chunk of zeros: 257 zero bytes.
    bytes32 private constant ZERO_LEAF = 0x7a9efb4f2d5fc995fb0c798bd5426724a58aa7b05b62f646b6baed96f5dbfc87;

    /// @notice The root of a vector in calldata.
    function rootOf(bytes calldata vector) internal pure returns (bytes32) {
        uint256 data;
        assembly ("memory-safe") {
            data := vector.offset
        }
        return _rootOf(false, data, vector.length);
    }

    /// @notice The root of a vector in memory.
    function rootOfMemory(bytes memory vector) internal pure returns (bytes32) {
        uint256 data;
        assembly ("memory-safe") {
            data := add(vector, 0x20)
        }
        return _rootOf(true, data, vector.length);
    }

    /// @notice Elements in a vector of `byteLength` bytes.
    function lengthOf(uint256 byteLength) internal pure returns (uint256 elements) {
        if (byteLength & 3 != 0) revert VectorTreeLength(byteLength);
        return byteLength >> 2;
    }

    /// @dev Works in memory after the free memory pointer and allocates nothing:
    ///
    ///     pad                       pad + 0x120
    ///     ‖ tag, chunk (257 bytes) ‖ one hash per chunk, one place for a zero subtree ...
    ///
    /// Levels are hashed in place, from left to right. The tag of a node takes the byte before its left child; that byte
    /// is the end of a hash already used (for the first node: unused space), and the node itself lands on used hashes.
    function _rootOf(bool inMemory, uint256 data, uint256 byteLength) private pure returns (bytes32 root) {
        uint256 elements = lengthOf(byteLength);
        assembly ("memory-safe") {
            let pad := mload(0x40)
            let chunk := add(pad, 1)
            let end := add(data, byteLength)
            let merkleRoot
            mstore8(pad, 0x00)

            switch gt(byteLength, 0x100)
            case 0 {
                // one chunk, over zeros: calldata past its end reads as zeros
                calldatacopy(chunk, calldatasize(), 0x100)
                switch inMemory
                case 0 {
                    calldatacopy(chunk, data, byteLength)
                }
                default {
                    mcopy(chunk, data, byteLength)
                }
                merkleRoot := keccak256(pad, 0x101)
            }
            default {
                let hashes := add(pad, 0x120)
                let next := hashes
                for {} lt(data, end) {
                    data := add(data, 0x100)
                } {
                    let size := sub(end, data)
                    switch lt(size, 0x100)
                    case 0 {
                        size := 0x100
                    }
                    default {
                        calldatacopy(chunk, calldatasize(), 0x100)
                    }
                    switch inMemory
                    case 0 {
                        calldatacopy(chunk, data, size)
                    }
                    default {
                        mcopy(chunk, data, size)
                    }
                    mstore(next, keccak256(pad, 0x101))
                    next := add(next, 0x20)
                }

                // level by level, until one hash is left
                let count := shr(5, sub(next, hashes))
                // root of zero chunks as high as the level; zero when the chunks are a power of two already
                let zeros := mul(ZERO_LEAF, iszero(iszero(and(count, sub(count, 1)))))
                for {} gt(count, 1) {} {
                    if zeros {
                        // the hash after the last: its right sibling when the level is odd, unused when it is even
                        mstore(add(hashes, shl(5, count)), zeros)
                        mstore8(pad, 0x01)
                        mstore(chunk, zeros)
                        mstore(add(chunk, 0x20), zeros)
                        zeros := keccak256(pad, 0x41)
                        count := add(count, 1)
                    }
                    count := shr(1, count)
                    let from := sub(hashes, 1)
                    let last := add(hashes, shl(5, count))
                    for {
                        let to := hashes
                    } lt(to, last) {
                        to := add(to, 0x20)
                    } {
                        mstore8(from, 0x01)
                        mstore(to, keccak256(from, 0x41))
                        from := add(from, 0x40)
                    }
                }
                merkleRoot := mload(hashes)
            }
            // 0x02, the length in 8 bytes, the hash: 41 bytes
            mstore(pad, or(shl(248, 0x02), shl(184, elements)))
            mstore(add(pad, 9), merkleRoot)
            root := keccak256(pad, 0x29)
        }
    }
}
