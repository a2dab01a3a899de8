// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The binary trees of vectors and plans (docs/PLAN.md, Roots): `leaf = keccak256(0x00 ‖ bytes)`,
/// `node = keccak256(0x01 ‖ left ‖ right)`, and for a vector `root = keccak256(0x02 ‖ uint64 length ‖ tree)`.
library MerkleTree {
    /// @notice Elements in one chunk of a vector.
    uint256 internal constant CHUNK_ELEMENTS = 64;
    uint256 internal constant CHUNK_BYTES = 256;

    /// @notice Height of the root over `leaves` leaves, filled up to a power of two. 0 and 1 leaf have height 0.
    function heightOf(uint256 leaves) internal pure returns (uint256 height) {
        while ((uint256(1) << height) < leaves) ++height;
    }

    /// @notice Height of the tree of a vector: its leaves are chunks, at least one.
    function heightOfVector(uint256 length) internal pure returns (uint256) {
        return heightOf((length + CHUNK_ELEMENTS - 1) / CHUNK_ELEMENTS);
    }

    function leafOf(bytes calldata content) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), content));
    }

    function nodeOf(bytes32 left, bytes32 right) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            // The three words end in the free memory pointer's, which is put back.
            let pointer := mload(0x40)
            mstore8(0x00, 0x01)
            mstore(0x01, left)
            mstore(0x21, right)
            node := keccak256(0x00, 0x41)
            mstore(0x40, pointer)
        }
    }

    /// @notice Root of a vector whose tree is known without its length.
    function vectorRootOf(uint64 length, bytes32 tree) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x02), length, tree));
    }

    /// @notice The node above `node` on the way along `siblings`, from the node up.
    /// @param index of the node among those of its height
    function climb(bytes32 node, uint256 index, bytes32[] calldata siblings) internal pure returns (bytes32) {
        for (uint256 i = 0; i < siblings.length; ++i) {
            node = index & 1 == 0 ? nodeOf(node, siblings[i]) : nodeOf(siblings[i], node);
            index >>= 1;
        }
        return node;
    }

    /// @notice The node above a power of two of nodes that lie next to each other, given as 32 bytes each.
    /// @dev Levels are hashed in place, from left to right. The tag takes the byte before a left child; that byte is the end of a
    /// node already used (for the first: unused space), and the hash lands on used nodes.
    function fold(bytes calldata nodes) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let first := add(mload(0x40), 0x20)
            let size := nodes.length
            calldatacopy(first, nodes.offset, size)
            for {} gt(size, 0x20) {
                size := shr(1, size)
            } {
                let to := first
                let end := add(first, size)
                for {
                    let from := first
                } lt(from, end) {
                    from := add(from, 0x40)
                } {
                    mstore8(sub(from, 1), 0x01)
                    mstore(to, keccak256(sub(from, 1), 0x41))
                    to := add(to, 0x20)
                }
            }
            node := mload(first)
        }
    }
}
