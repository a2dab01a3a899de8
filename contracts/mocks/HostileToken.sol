// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that does what tokens should not: takes a fee, returns false, moves nothing, or calls back.
contract HostileToken is ERC20 {
    enum Mode {
        Honest,
        TakesFee, //     a hundredth of every transfer is gone
        ReturnsFalse,
        MovesNothing, // and says that all went well
        Reenters //      calls `target` with `payload` in the middle of every transfer
    }

    Mode public mode;
    address public target;
    bytes public payload;
    /// @notice Whether the last call from inside a transfer got through, and what it answered.
    bool public reentered;
    bytes public answer;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function misbehave(Mode mode_, address target_, bytes calldata payload_) external {
        (mode, target, payload) = (mode_, target_, payload_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.ReturnsFalse) return false;
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.ReturnsFalse) return false;
        return super.transferFrom(from, to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool isTransfer = from != address(0) && to != address(0);
        if (isTransfer && mode == Mode.MovesNothing) return;
        super._update(from, to, amount);
        if (!isTransfer) return;
        if (mode == Mode.TakesFee) super._update(to, address(0xFEE), amount / 100);
        // solhint-disable-next-line avoid-low-level-calls
        if (mode == Mode.Reenters) (reentered, answer) = target.call(payload);
    }
}
