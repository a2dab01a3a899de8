// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Told of every transfer, before and after it.
interface ITransferHook {
    function onTransfer(address movedBy) external;
}

/// @notice A token in the manner of ERC-777: somebody is called before and after every transfer. That nobody can be reached by a
/// mint or an approval keeps the campaign's own moves quiet.
contract CallbackToken is ERC20 {
    ITransferHook public hook;

    constructor() ERC20("Callback", "CALL") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setHook(ITransferHook hook_) external {
        hook = hook_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool told = from != address(0) && to != address(0) && address(hook) != address(0);
        if (told) hook.onTransfer(msg.sender);
        super._update(from, to, amount);
        if (told) hook.onTransfer(msg.sender);
    }
}
