// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {HostileToken} from "../../contracts/mocks/HostileToken.sol";
import {System, SystemTest} from "./support/SystemTest.sol";

/// @notice Tokens that do not do what they say, at both vaults.
contract TokensTest is SystemTest {
    HostileToken private _token;
    System private _system;
    address private constant OWNER = address(0xA11CE);

    function setUp() public {
        _token = new HostileToken();
        _system = deploySystemWith(address(_token), 1e18, address(0xC0));
    }

    /// @notice I25: whatever part of a transfer a token keeps, the credit is what arrived, and all of it can leave again.
    function testFuzz_I25_CreditIsWhatArrived(uint128 first, uint128 second, bool takesFee) public {
        uint256 a = bound(first, 1, 1e30);
        uint256 b = bound(second, 1, 1e30);
        _token.misbehave(takesFee ? HostileToken.Mode.TakesFee : HostileToken.Mode.Honest, address(0), "");
        _token.mint(OWNER, a + b);
        vm.startPrank(OWNER);
        _token.approve(address(_system.settlement), a);
        _token.approve(address(_system.staking), b);
        assertEq(_system.settlement.deposit(OWNER, a), takesFee ? a - a / 100 : a, "credit");
        _system.staking.deposit(b);
        vm.stopPrank();
        uint256 credit = _system.settlement.balanceOf(OWNER);
        uint256 stake = _system.staking.stakeOf(OWNER).free;
        assertEq(_token.balanceOf(address(_system.settlement)), credit, "I25: settlement");
        assertEq(_system.settlement.totalHeld(), credit, "I2: held");
        assertEq(_token.balanceOf(address(_system.staking)), stake, "I25: staking");
        vm.startPrank(OWNER);
        _system.settlement.withdraw(OWNER, credit);
        _system.staking.unbond(stake);
        vm.warp(block.timestamp + UNBONDING_DELAY);
        _system.staking.withdraw(OWNER);
        vm.stopPrank();
        assertLe(_token.balanceOf(OWNER), a + b, "I26: richer");
        assertEq(_token.balanceOf(address(_system.settlement)) + _token.balanceOf(address(_system.staking)), 0, "left");
    }

    /// @notice I25: a token that moves nothing, or says that it failed, credits nothing, whatever amount is named.
    function testFuzz_I25_TokensThatLieCreditNothing(uint128 amount, bool silent) public {
        _token.mint(OWNER, amount);
        _token.misbehave(silent ? HostileToken.Mode.MovesNothing : HostileToken.Mode.ReturnsFalse, address(0), "");
        vm.startPrank(OWNER);
        _token.approve(address(_system.settlement), amount);
        _token.approve(address(_system.staking), amount);
        (bool credited, ) = address(_system.settlement).call(abi.encodeCall(ISettlement.deposit, (OWNER, amount)));
        (bool staked, ) = address(_system.staking).call(abi.encodeWithSignature("deposit(uint256)", amount));
        vm.stopPrank();
        assertFalse(credited || staked, "I25: a deposit of nothing");
        assertEq(_system.settlement.totalHeld() + _system.staking.stakeOf(OWNER).free, 0, "I25: a credit for nothing");
    }
}
