// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Settlement} from "../../contracts/Settlement.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {DevToken} from "../../contracts/mocks/DevToken.sol";
import {Test} from "./support/Test.sol";

/// @notice The ledger alone; this contract is every fixed caller at once.
contract SettlementFuzzTest is Test {
    address private constant ALICE = address(0xB1);
    address private constant BOB = address(0xB2);
    address private constant CAROL = address(0xB3);
    DevToken private _token;
    Settlement private _settlement;

    function setUp() public {
        _token = new DevToken(18);
        _settlement = new Settlement(_token, address(this), address(this), address(this), address(0), address(0));
    }

    /// @notice I1, I12: whatever goes into escrow comes out, and the sum that is held never moves on the way.
    function testFuzz_I1_EscrowIsConserved(
        uint128 deposit,
        uint128 fee,
        uint128[2] memory parts,
        bool refunded
    ) public {
        deposit = uint128(bound(deposit, 1, type(uint128).max));
        _fund(ALICE, deposit);
        if (fee > deposit) {
            vm.expectRevert(
                abi.encodeWithSelector(ISettlement.SettlementInsufficientBalance.selector, ALICE, deposit, fee)
            );
            _settlement.escrow(ALICE, fee);
            return;
        }
        _settlement.escrow(ALICE, fee);
        assertEq(_settlement.balanceOf(ALICE), deposit - fee, "after escrow");
        assertEq(_settlement.totalHeld(), deposit, "held during");
        if (refunded) {
            _settlement.refund(ALICE, fee);
            assertEq(_settlement.balanceOf(ALICE), deposit, "refunded");
        } else {
            uint256 publisher = bound(parts[0], 0, fee);
            uint256 treasury = bound(parts[1], 0, fee - publisher);
            _settlement.pay(ALICE, fee - publisher - treasury, BOB, publisher, CAROL, treasury);
            uint256 sum = _settlement.balanceOf(ALICE) + _settlement.balanceOf(BOB) + _settlement.balanceOf(CAROL);
            assertEq(sum, deposit, "paid");
            assertEq(_settlement.balanceOf(BOB), publisher, "publisher");
        }
        assertEq(_settlement.totalHeld(), deposit, "held after");
    }

    /// @notice I26: no deposits and withdrawals make anybody richer.
    function testFuzz_I26_NobodyGainsByMovingMoney(uint120[4] memory deposits, uint120[4] memory withdrawals) public {
        uint256 minted = 0;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 amount = bound(deposits[i], 1, type(uint120).max);
            minted += amount;
            _fund(i % 2 == 0 ? ALICE : BOB, amount);
            uint256 balance = _settlement.balanceOf(ALICE);
            uint256 out = bound(withdrawals[i], 0, balance);
            vm.prank(ALICE);
            _settlement.withdraw(CAROL, out);
            assertEq(_settlement.balanceOf(ALICE), balance - out, "debited");
        }
        assertEq(_token.balanceOf(CAROL) + _settlement.totalHeld(), minted, "I26");
        assertEq(_token.balanceOf(address(_settlement)), _settlement.totalHeld(), "I2");
    }

    /// @notice I2: a slash is credited only when its tokens are here.
    function testFuzz_I2_SlashesAreCovered(uint120[3] memory amounts, uint120 burned, uint120 arrived) public {
        address[] memory accounts = new address[](3);
        uint256[] memory credits = new uint256[](3);
        (accounts[0], accounts[1], accounts[2]) = (ALICE, BOB, CAROL);
        uint256 sum = burned;
        for (uint256 i = 0; i < 3; ++i) {
            credits[i] = amounts[i];
            sum += amounts[i];
        }
        _token.mint(address(_settlement), arrived);
        if (arrived < sum) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.SettlementUncovered.selector, sum, arrived));
            _settlement.creditSlash(accounts, credits, burned);
            return;
        }
        _settlement.creditSlash(accounts, credits, burned);
        assertEq(_settlement.totalHeld(), sum, "held");
        assertEq(_settlement.balanceOf(BOB), amounts[1], "credited");
        uint256 swept = _settlement.sweepBurned();
        assertEq(swept, burned, "swept");
        assertEq(_token.balanceOf(_settlement.BURN_ADDRESS()), burned, "burned");
    }

    /// @notice Bonds come out as they went in, never more.
    function testFuzz_I1_BondsAreConserved(bytes32 key, uint120 deposit, uint120 bond, uint120 released) public {
        deposit = uint120(bound(deposit, 1, type(uint120).max));
        bond = uint120(bound(bond, 0, deposit));
        _fund(ALICE, deposit);
        _settlement.bond(key, ALICE, bond);
        assertEq(_settlement.bondOf(key), bond, "bonded");
        if (released > bond) {
            vm.expectRevert(
                abi.encodeWithSelector(ISettlement.SettlementInsufficientBond.selector, key, bond, released)
            );
            _settlement.releaseBond(key, BOB, released);
            return;
        }
        _settlement.releaseBond(key, BOB, released);
        assertEq(_settlement.bondOf(key) + _settlement.balanceOf(BOB), bond, "conserved");
        assertEq(_settlement.totalHeld(), deposit, "held");
    }

    function _fund(address account, uint256 amount) private {
        _token.mint(address(this), amount);
        _token.approve(address(_settlement), amount);
        _settlement.deposit(account, amount);
    }
}
