// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VolatilityFeePool} from "../../contracts/consumer/VolatilityFeePool.sol";
import {IJobRegistry} from "../../contracts/interfaces/IJobRegistry.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {DevToken} from "../../contracts/mocks/DevToken.sol";
import {SchedulerStub} from "../../contracts/mocks/SchedulerStub.sol";
import {FeedId} from "../../contracts/types/Feed.sol";
import {CallbackPhase, Delivery, JobId} from "../../contracts/types/Job.sol";
import {ModelId} from "../../contracts/types/Model.sol";
import {Test} from "./support/Test.sol";

/// @notice The pool alone; this contract is registry, deployer, provider and trader at once.
contract VolatilityFeePoolFuzzTest is Test {
    address private constant SCHEDULE = address(0x5C);
    address private constant OTHER = address(0xB2);
    uint24 private constant FEE_MIN = 100;
    uint24 private constant FEE_MAX = 50_000;
    uint24 private constant STEP_MAX = 3_000;

    DevToken private _token0;
    DevToken private _token1;
    SchedulerStub private _scheduler;
    VolatilityFeePool private _pool;
    uint64 private _run;

    function setUp() public {
        (_token0, _token1) = (new DevToken(18), new DevToken(6));
        _scheduler = new SchedulerStub();
        _pool = new VolatilityFeePool(
            IJobRegistry(address(this)),
            IScheduler(address(_scheduler)),
            ModelId.wrap(bytes32(uint256(1))),
            FeedId.wrap(bytes32(uint256(2))),
            _token0,
            _token1,
            VolatilityFeePool.FeeSettings(FEE_MIN, FEE_MAX, 3_000, STEP_MAX, 3_600, 500_000)
        );
        IScheduler.Schedule memory terms;
        (terms.modelId, terms.feedId, terms.callbackTarget) = (_pool.modelId(), _pool.feedId(), address(_pool));
        (terms.callbackPhase, terms.delivery) = (CallbackPhase.OnFinal, Delivery.Inline);
        terms.callbackGas = _pool.CALLBACK_GAS();
        _scheduler.set(SCHEDULE, address(this), terms);
        _pool.setSchedule(SCHEDULE);
        _token0.mint(address(this), type(uint200).max);
        _token1.mint(address(this), type(uint200).max);
        _token0.approve(address(_pool), type(uint256).max);
        _token1.approve(address(_pool), type(uint256).max);
    }

    /// @notice Whatever is done in whatever order: the product per share squared never falls, so no share is ever worth less;
    /// swaps never lower the product; the pool holds what it counts; the fee stays within its bounds and steps.
    function testFuzz_NoSequenceTakesFromTheShares(uint112[2] memory first, uint256[16] memory moves) public {
        uint256 first0 = bound(first[0], 2_000, 1e30);
        uint256 first1 = bound(first[1], 2_000, 1e30);
        _pool.addLiquidity(first0, first1, 0, address(this), block.timestamp);
        for (uint256 i = 0; i < moves.length; ++i) {
            (uint256 before0, uint256 before1) = _pool.reserves();
            uint256 supply = _pool.totalSupply();
            uint256 kind = moves[i] % 5;
            _move(kind, moves[i] / 5);
            (uint256 after0, uint256 after1) = _pool.reserves();
            uint256 supplyAfter = _pool.totalSupply();
            if (kind < 2) assertGe(after0 * after1, before0 * before1, "product");
            // Each reserve per share for deposits and redemptions, exactly.
            if (kind == 2 || kind == 3) {
                assertTrue(_isAtLeast(after0, supplyAfter, before0, supply), "reserve0 per share");
                assertTrue(_isAtLeast(after1, supplyAfter, before1, supply), "reserve1 per share");
            }
            assertEq(_token0.balanceOf(address(_pool)), after0, "token0 held");
            assertEq(_token1.balanceOf(address(_pool)), after1, "token1 held");
        }
    }

    /// @notice Shares never redeem more than their proportion, whoever holds them and whatever was donated.
    function testFuzz_SharesRedeemNoMoreThanTheirProportion(
        uint112[2] memory first,
        uint256 amount,
        uint256 part,
        uint112 donated
    ) public {
        uint256 first0 = bound(first[0], 2_000, 1e30);
        uint256 first1 = bound(first[1], 2_000, 1e30);
        _pool.addLiquidity(first0, first1, 0, OTHER, block.timestamp);
        _token0.transfer(address(_pool), donated);
        uint256 amount0 = bound(amount, first0, 1e33);
        (uint256 put0, uint256 put1, uint256 shares) = _add(amount0, type(uint112).max / 2);
        (uint256 got0, uint256 got1) = _redeem(bound(part, 1, shares));
        assertLe(got0, put0, "no gain in token0");
        assertLe(got1, put1, "no gain in token1");
    }

    /// @notice Any answer whatsoever leaves the fee within its bounds, one step from where it was.
    function testFuzz_AnswersMoveTheFeeOneStepWithinBounds(uint32[8] memory answers, uint16[8] memory waits) public {
        for (uint256 i = 0; i < answers.length; ++i) {
            vm.warp(block.timestamp + waits[i]);
            uint256 fee = _pool.currentFee();
            _answer(answers[i]);
            uint256 next = _pool.currentFee();
            assertGe(next, FEE_MIN, "at least the smallest");
            assertLe(next, FEE_MAX, "at most the largest");
            assertLe(next > fee ? next - fee : fee - next, STEP_MAX, "one step");
        }
    }

    function _move(uint256 kind, uint256 seed) private {
        uint256 amount = bound(seed, 1, 1e30);
        if (kind < 2) {
            address token = kind == 0 ? address(_token0) : address(_token1);
            if (_pool.quote(token, amount) == 0) return;
            _pool.swap(token, amount, 0, address(this), block.timestamp);
        } else if (kind == 2) {
            try _pool.addLiquidity(amount, type(uint112).max / 4, 0, address(this), block.timestamp) {} catch (
                bytes memory reason
            ) {
                bytes4 why = bytes4(reason);
                assertTrue(
                    why == VolatilityFeePool.VolatilityFeePoolZeroAmount.selector ||
                        why == VolatilityFeePool.VolatilityFeePoolReserveOverflow.selector,
                    "no other reason to refuse"
                );
            }
        } else if (kind == 3) {
            uint256 held = _pool.balanceOf(address(this));
            if (held != 0) _pool.removeLiquidity(bound(seed, 1, held), 0, 0, address(this), block.timestamp);
        } else {
            _answer(uint32(seed));
        }
    }

    function _add(uint256 max0, uint256 max1) private returns (uint256, uint256, uint256) {
        return _pool.addLiquidity(max0, max1, 0, address(this), block.timestamp);
    }

    function _redeem(uint256 part) private returns (uint256 got0, uint256 got1) {
        (uint256 reserve0, uint256 reserve1) = _pool.reserves();
        uint256 supply = _pool.totalSupply();
        (got0, got1) = _pool.removeLiquidity(part, 0, 0, address(this), block.timestamp);
        assertTrue(_isAtLeast(reserve0, supply, got0, part), "proportion of token0");
        assertTrue(_isAtLeast(reserve1, supply, got1, part), "proportion of token1");
    }

    function _answer(uint32 bits) private {
        JobId jobId = JobId.wrap(bytes32(uint256(++_run)));
        _scheduler.setRun(SCHEDULE, jobId, _run);
        _pool.onFinal(jobId, 0, 0, abi.encodePacked(bits));
    }

    /// @dev a/b ≥ c/d: all below 2^128.
    function _isAtLeast(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (bool) {
        return a * d >= c * b;
    }
}
