// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorStaking} from "../../contracts/OperatorStaking.sol";
import {IOperatorStaking} from "../../contracts/interfaces/IOperatorStaking.sol";
import {DevToken} from "../../contracts/mocks/DevToken.sol";
import {Test} from "./support/Test.sol";

/// @notice Stake alone; this contract is job registry and slasher at once, and the operator too.
contract OperatorStakingFuzzTest is Test {
    uint256 private constant DELAY = 7 days;
    uint256 private constant EPOCH = 1 hours;
    address private constant VAULT = address(0xC1);
    DevToken private _token;
    OperatorStaking private _staking;

    function setUp() public {
        _token = new DevToken(18);
        _staking = new OperatorStaking(
            _token,
            address(this),
            address(this),
            VAULT,
            address(this),
            DELAY,
            1 days,
            EPOCH
        );
        _staking.appointAttester(address(this), "");
        vm.warp(1_000 * EPOCH);
    }

    /// @notice I3, I4, I5: a random walk of every move keeps free + locked + unbonding equal to what came in less what
    /// went out, and never panics.
    function testFuzz_I3_StakePartition(uint8[12] memory moves, uint96[12] memory amounts) public {
        uint256 deposited = 0;
        uint256 gone = 0;
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 amount = amounts[i];
            (uint256 free, uint256 locked, uint256 unbonding) = _parts();
            uint256 move = moves[i] % 6;
            if (move == 0 && amount != 0) {
                _deposit(amount);
                deposited += amount;
            } else if (move == 1) {
                amount = bound(amount, 0, free);
                if (amount != 0) _staking.unbond(amount);
            } else if (move == 2) {
                uint256 unlocked = bound(amount, 0, locked);
                uint256 wanted = bound(amount, 0, free + unlocked);
                _staking.lockByKey(address(this), unlocked, wanted);
                (uint256 freeNow, uint256 lockedNow, ) = _parts();
                assertEq(freeNow, free + unlocked - wanted, "free");
                assertEq(lockedNow, locked - unlocked + wanted, "locked");
            } else if (move == 3) {
                _staking.unlock(address(this), bound(amount, 0, locked));
            } else if (move == 4) {
                gone += _slash(bound(amount, 0, locked), amounts[(i + 1) % 12]);
            } else if (unbonding != 0) {
                vm.warp(block.timestamp + DELAY);
                gone += _staking.withdraw(VAULT);
            }
            (free, locked, unbonding) = _parts();
            assertEq(free + locked + unbonding, deposited - gone, "I3");
            assertEq(_token.balanceOf(address(_staking)), deposited - gone, "I2");
        }
    }

    /// @notice I7: locked stake first as far as the job's lock goes, then free, then unbonding; never another job's lock.
    function testFuzz_I7_SlashingOrder(uint96[3] memory parts, uint96 lockedAmount, uint96 extra) public {
        (uint256 free, uint256 locked, uint256 unbonding) = _arrange(parts);
        uint256 lock = bound(lockedAmount, 0, locked);
        (uint256 fromLocked, uint256 fromFree, uint256 fromUnbonding) = _staking.slash(address(this), lock, extra);
        assertEq(fromLocked, lock, "lock");
        assertEq(fromFree, extra < free ? extra : free, "free");
        uint256 missing = extra - fromFree;
        assertEq(fromUnbonding, missing < unbonding ? missing : unbonding, "unbonding");
        (uint256 freeNow, uint256 lockedNow, uint256 unbondingNow) = _parts();
        assertEq(lockedNow, locked - fromLocked, "locks of other jobs stay");
        assertEq(freeNow, free - fromFree, "free now");
        assertEq(unbondingNow, unbonding - fromUnbonding, "unbonding now");
        assertEq(_token.balanceOf(VAULT), fromLocked + fromFree + fromUnbonding, "moved");
    }

    function testFuzz_I4_MoreThanLockedIsNeverSlashed(uint96[3] memory parts, uint96 over) public {
        (, uint256 locked, ) = _arrange(parts);
        uint256 asked = locked + bound(over, 1, type(uint96).max);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorStaking.OperatorStakingInsufficientLocked.selector,
                address(this),
                locked,
                asked
            )
        );
        _staking.slash(address(this), asked, 0);
    }

    /// @notice I6: nothing leaves before the delay has passed since the last unbonding.
    function testFuzz_I6_NoExitBeforeTheDelay(uint96 first, uint96 second, uint32 between, uint32 wait) public {
        first = uint96(bound(first, 1, type(uint96).max / 2));
        second = uint96(bound(second, 1, type(uint96).max / 2));
        between = uint32(bound(between, 0, 10 * DELAY));
        _deposit(uint256(first) + second);
        _staking.unbond(first);
        vm.warp(block.timestamp + between);
        _staking.unbond(second);
        uint256 releaseAt = block.timestamp + DELAY;
        vm.warp(block.timestamp + wait);
        if (block.timestamp < releaseAt) {
            vm.expectRevert(
                abi.encodeWithSelector(IOperatorStaking.OperatorStakingNotReleased.selector, address(this), releaseAt)
            );
            _staking.withdraw(VAULT);
        } else {
            assertEq(_staking.withdraw(VAULT), uint256(first) + second, "all of it");
        }
    }

    /// @notice Stake counts for the ladder from the epoch after the one it came in.
    function testFuzz_LadderCountsOnlyEarlierEpochs(uint96 amount, uint16 secondsIn, uint32 later) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        uint256 start = block.timestamp;
        vm.warp(start + (secondsIn % EPOCH));
        _deposit(amount);
        uint256 at = start + later;
        (uint256 stake, uint256 total) = _staking.ladderStakes(address(this), at);
        uint256 expected = at >= start + EPOCH ? amount : 0;
        assertEq(stake, expected, "stake");
        assertEq(total, expected, "total");
    }

    function _arrange(uint96[3] memory parts) private returns (uint256 free, uint256 locked, uint256 unbonding) {
        (free, locked, unbonding) = (parts[0], parts[1], parts[2]);
        if (free + locked + unbonding == 0) free = 1;
        _deposit(free + locked + unbonding);
        _staking.lockByKey(address(this), 0, locked);
        if (unbonding != 0) _staking.unbond(unbonding);
    }

    function _slash(uint256 locked, uint256 extra) private returns (uint256) {
        (uint256 a, uint256 b, uint256 c) = _staking.slash(address(this), locked, extra);
        return a + b + c;
    }

    function _parts() private view returns (uint256 free, uint256 locked, uint256 unbonding) {
        IOperatorStaking.Stake memory stake = _staking.stakeOf(address(this));
        return (stake.free, stake.locked, _staking.unbondingOf(address(this)).amount);
    }

    function _deposit(uint256 amount) private {
        _token.mint(address(this), amount);
        _token.approve(address(_staking), amount);
        _staking.deposit(amount);
    }
}
