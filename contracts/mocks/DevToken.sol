// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @notice The token of local networks: EIP-2612 permits, ERC-3009 authorizations, and anybody may mint.
contract DevToken is ERC20Permit, ERC3009 {
    uint8 private immutable _DECIMALS;

    constructor(uint8 decimals_) ERC20("Remit Dev Token", "RDT") ERC20Permit("Remit Dev Token") {
        _DECIMALS = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }
}
