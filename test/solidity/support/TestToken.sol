// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What tests ask of a token, whatever its kind: `approve` answers nothing, because tokens of the old kind do not.
interface TestToken {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address account) external view returns (uint256);
}
