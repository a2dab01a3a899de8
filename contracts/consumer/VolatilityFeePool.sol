// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {FloatBits} from "../libraries/FloatBits.sol";
import {FeedId} from "../types/Feed.sol";
import {CallbackPhase, Delivery, JobId} from "../types/Job.sol";
import {ModelId} from "../types/Model.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title An example to start from: a pool whose swap fee follows a volatility model
/// @notice Holds two tokens at a constant product. Whoever adds liquidity gets shares, an ERC-20 of this contract; swappers pay
/// a fee to all shares. The fee follows the volatility that a model forecasts from a price feed, for what liquidity loses to
/// better informed traders grows with it.
///
/// The way of a fee: data nodes → feed → `Scheduler` requests a job whose input is the feed's last answers → the answer becomes
/// final → `onFinal` here → fee = slope · volatility, within bounds.
///
/// What a wrong forecast can do, whoever made it wrong: the fee moves by `stepMax` per answer, between `feeMin` and `feeMax`.
/// When answers stop, the fee is `feeFallback` as soon as the last one is older than `maxAge`. Nothing here pauses, and no
/// answer and no account can touch a balance.
///
/// Nobody has a role, but for one call: the deployer names the schedule, once, and only one that fits (`setSchedule`). The
/// schedule's owner can cancel it; then the fee is the fallback for good. Before liquidity goes in, read the schedule's terms:
/// who may answer, the stake behind an answer, how often it asks.
/// @dev All amounts are rounded in the pool's favour, so the product of the reserves never falls but by `removeLiquidity`, and a
/// share never redeems less than before. Reserves are counted here: tokens that are sent without a call belong to nobody.
/// Tokens that take a fee on transfer are refused when they come in; tokens whose balances change by themselves must not be
/// used. An answer counts as new when it arrives here, a challenge window after its prices were read: choose `maxAge` above
/// interval, attest time and challenge window together.
contract VolatilityFeePool is InferenceConsumer, ERC20, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice How the fee is made of a volatility. Fees are in 1/1,000,000 of the amount that goes in.
    struct FeeSettings {
        uint24 feeMin;
        uint24 feeMax;
        /// while no answer has come, or the last one is too old
        uint24 feeFallback;
        /// furthest that one answer moves the fee
        uint24 stepMax;
        /// seconds for which an answer counts
        uint32 maxAge;
        /// fee for a volatility of 1 per round: with 500,000 a volatility of 1 % per round makes a fee of 0.5 %
        uint128 slope;
    }

    /// @notice Why an answer was not used.
    enum Ignored {
        NotOneNumber, //       the output is not a single element
        NotAVolatility, //     NaN, infinite or negative
        Superseded //          a later run of the schedule was used before
    }

    /// @notice One: fees are in parts of this.
    uint256 public constant FEE_UNIT = 1_000_000;
    /// @notice No pool may charge more than a tenth.
    uint24 public constant FEE_LIMIT = 100_000;
    /// @notice Shares of the first deposit that stay locked for ever, so that a share cannot be made dear by the first depositor.
    uint256 public constant SHARES_LOCKED = 1_000;
    /// @notice Gas that a schedule must give the callback.
    uint32 public constant CALLBACK_GAS = 100_000;

    address private constant _NOBODY = address(0xdEaD);
    uint32 private constant _FLOAT_MAX = 0x7f7fffff;

    IERC20 public immutable token0;
    IERC20 public immutable token1;
    IScheduler public immutable scheduler;
    /// @notice The model whose answers are used, and the feed it must read.
    ModelId public immutable modelId;
    FeedId public immutable feedId;
    /// @notice Who may name the schedule, once.
    address public immutable deployer;
    /// @notice Fee settings: see `FeeSettings`.
    uint24 public immutable feeMin;
    uint24 public immutable feeMax;
    uint24 public immutable feeFallback;
    uint24 public immutable stepMax;
    uint32 public immutable maxAge;
    uint128 public immutable slope;

    /// @notice The schedule whose answers are used; zero until it is named.
    address public schedule;

    uint112 private _reserve0;
    uint112 private _reserve1;
    /// @dev of the last answer that was used; zero before the first
    uint24 private _fee;
    uint40 private _feeUpdatedAt;
    uint64 private _lastRun;

    event ScheduleSet(address indexed schedule);
    /// @notice The fee after an answer. `volatility` is the answer as float32 bits, `target` where the fee would be without
    /// `stepMax`.
    event FeeUpdated(JobId indexed jobId, uint64 run, uint32 volatility, uint24 target, uint24 fee);
    event FeeUpdateIgnored(JobId indexed jobId, uint64 run, Ignored reason);
    event LiquidityAdded(address indexed from, address indexed to, uint256 amount0, uint256 amount1, uint256 shares);
    event LiquidityRemoved(address indexed from, address indexed to, uint256 amount0, uint256 amount1, uint256 shares);
    event Swapped(
        address indexed from,
        address indexed to,
        address indexed tokenIn,
        uint256 amountIn,
        uint256 amountOut,
        uint24 fee
    );

    /// @notice Thrown by the constructor for settings that cannot work; `field` names the first.
    error VolatilityFeePoolInvalidSettings(bytes32 field);
    error VolatilityFeePoolUnauthorized(address caller);
    error VolatilityFeePoolScheduleAlreadySet(address schedule);
    /// @notice Thrown for a schedule that would not serve this pool; `field` names the first term that is wrong.
    error VolatilityFeePoolInvalidSchedule(bytes32 field);
    /// @notice Thrown for a job that the pool's schedule did not request.
    error VolatilityFeePoolUnknownJob(JobId jobId);
    error VolatilityFeePoolDeadlinePassed(uint256 deadline);
    error VolatilityFeePoolZeroAmount();
    error VolatilityFeePoolInvalidToken(address token);
    error VolatilityFeePoolInvalidRecipient(address to);
    /// @notice Thrown when a result is worse than the caller's limit.
    error VolatilityFeePoolSlippage(uint256 amount, uint256 limit);
    /// @notice Thrown when a token moved another amount than it was told to.
    error VolatilityFeePoolInexactTransfer(address token, uint256 received, uint256 expected);
    error VolatilityFeePoolReserveOverflow(uint256 reserve);

    modifier before(uint256 deadline) {
        if (block.timestamp > deadline) revert VolatilityFeePoolDeadlinePassed(deadline);
        _;
    }

    /// @param modelId_ a model with one float32 output: the volatility per round (`models/volatility`)
    /// @param feedId_ the feed it must read, normally the price of one token in the other
    constructor(
        IJobRegistry jobRegistry_,
        IScheduler scheduler_,
        ModelId modelId_,
        FeedId feedId_,
        IERC20 token0_,
        IERC20 token1_,
        FeeSettings memory settings
    ) InferenceConsumer(jobRegistry_) ERC20("Volatility Fee Pool Share", "VFPS") {
        if (address(token0_).code.length == 0) revert VolatilityFeePoolInvalidToken(address(token0_));
        if (address(token1_).code.length == 0 || address(token0_) == address(token1_)) {
            revert VolatilityFeePoolInvalidToken(address(token1_));
        }
        if (FeedId.unwrap(feedId_) == 0) revert VolatilityFeePoolInvalidSettings("feedId");
        if (settings.feeMax > FEE_LIMIT) revert VolatilityFeePoolInvalidSettings("feeMax");
        if (settings.feeMin > settings.feeMax) revert VolatilityFeePoolInvalidSettings("feeMin");
        if (settings.feeFallback < settings.feeMin || settings.feeFallback > settings.feeMax) {
            revert VolatilityFeePoolInvalidSettings("feeFallback");
        }
        if (settings.stepMax == 0) revert VolatilityFeePoolInvalidSettings("stepMax");
        if (settings.maxAge == 0) revert VolatilityFeePoolInvalidSettings("maxAge");
        if (settings.slope == 0) revert VolatilityFeePoolInvalidSettings("slope");
        (scheduler, modelId, feedId, deployer) = (scheduler_, modelId_, feedId_, msg.sender);
        (token0, token1) = (token0_, token1_);
        (feeMin, feeMax, feeFallback) = (settings.feeMin, settings.feeMax, settings.feeFallback);
        (stepMax, maxAge, slope) = (settings.stepMax, settings.maxAge, settings.slope);
    }

    /* THE FEE */

    /// @notice Names the schedule whose answers make the fee. Only the deployer, who must own it; once and for ever.
    /// @dev Its terms never change, so they are checked here alone.
    function setSchedule(address schedule_) external {
        if (msg.sender != deployer) revert VolatilityFeePoolUnauthorized(msg.sender);
        if (schedule != address(0)) revert VolatilityFeePoolScheduleAlreadySet(schedule);
        if (schedule_ == address(0) || scheduler.ownerOf(schedule_) != deployer) {
            revert VolatilityFeePoolInvalidSchedule("owner");
        }
        IScheduler.Schedule memory terms = scheduler.termsOf(schedule_);
        if (ModelId.unwrap(terms.modelId) != ModelId.unwrap(modelId)) {
            revert VolatilityFeePoolInvalidSchedule("modelId");
        }
        if (FeedId.unwrap(terms.feedId) != FeedId.unwrap(feedId)) revert VolatilityFeePoolInvalidSchedule("feedId");
        if (terms.callbackTarget != address(this)) revert VolatilityFeePoolInvalidSchedule("callbackTarget");
        if (terms.callbackPhase != CallbackPhase.OnFinal) revert VolatilityFeePoolInvalidSchedule("callbackPhase");
        if (terms.delivery != Delivery.Inline) revert VolatilityFeePoolInvalidSchedule("delivery");
        if (terms.callbackGas < CALLBACK_GAS) revert VolatilityFeePoolInvalidSchedule("callbackGas");
        schedule = schedule_;
        emit ScheduleSet(schedule_);
    }

    /// @notice The fee that a swap pays now, in 1/1,000,000.
    function currentFee() public view returns (uint24) {
        return isFeeFresh() ? _fee : feeFallback;
    }

    /// @notice Whether the fee is the model's; otherwise it is the fallback.
    function isFeeFresh() public view returns (bool) {
        return _lastRun != 0 && block.timestamp <= uint256(_feeUpdatedAt) + maxAge;
    }

    /// @notice The last answer that was used: its fee, when it arrived (Unix seconds), and which run of the schedule it was.
    function lastFeeUpdate() external view returns (uint24 fee, uint40 updatedAt, uint64 run) {
        return (_fee, _feeUpdatedAt, _lastRun);
    }

    /// @notice Where a volatility would bring the fee, without regard to `stepMax`.
    /// @param volatility a finite float32 that is not negative, as bits
    function feeFor(uint32 volatility) public view returns (uint24) {
        uint256 fee = FloatBits.toUnsignedDown(volatility, slope);
        return uint24(Math.min(Math.max(fee, feeMin), feeMax));
    }

    /// @dev Anybody may pay for a job that names this pool as its target, so only runs of the schedule count.
    function _onFinal(JobId jobId, bytes32, bytes32, bytes calldata output) internal override {
        uint64 run = schedule == address(0) ? 0 : scheduler.runOf(schedule, jobId);
        if (run == 0) revert VolatilityFeePoolUnknownJob(jobId);
        if (run <= _lastRun) return _ignore(jobId, run, Ignored.Superseded);
        if (output.length != 4) return _ignore(jobId, run, Ignored.NotOneNumber);
        uint32 volatility = FloatBits.elementAt(output, 0);
        // Infinity, NaN and everything with a sign lie above the largest finite number.
        if (volatility > _FLOAT_MAX) return _ignore(jobId, run, Ignored.NotAVolatility);
        uint24 target = feeFor(volatility);
        // Steps start from the fee that swaps pay: after a pause that is the fallback.
        uint24 fee = _step(currentFee(), target);
        (_fee, _feeUpdatedAt, _lastRun) = (fee, uint40(block.timestamp), run);
        emit FeeUpdated(jobId, run, volatility, target, fee);
    }

    function _ignore(JobId jobId, uint64 run, Ignored reason) private {
        emit FeeUpdateIgnored(jobId, run, reason);
    }

    function _step(uint24 from, uint24 to) private view returns (uint24) {
        if (to > from) return to - from > stepMax ? from + stepMax : to;
        return from - to > stepMax ? from - stepMax : to;
    }

    /* LIQUIDITY */

    /// @notice Amounts that belong to the shares, token units.
    function reserves() external view returns (uint256 reserve0, uint256 reserve1) {
        return (_reserve0, _reserve1);
    }

    /// @notice Adds both tokens in the proportion of the reserves; the first deposit sets it.
    /// @param amount0Max most of `token0` to take from the caller, who has approved it
    /// @param sharesMin fewest shares to accept
    /// @param to who gets the shares
    /// @param deadline last second, Unix
    /// @return amount0 taken, rounded up
    /// @return amount1 taken, rounded up
    /// @return shares made, rounded down
    function addLiquidity(
        uint256 amount0Max,
        uint256 amount1Max,
        uint256 sharesMin,
        address to,
        uint256 deadline
    ) external nonReentrant before(deadline) returns (uint256 amount0, uint256 amount1, uint256 shares) {
        uint256 supply = totalSupply();
        bool isFirst = supply == 0;
        _requireFits(amount0Max);
        _requireFits(amount1Max);
        if (isFirst) {
            (amount0, amount1, shares) = (amount0Max, amount1Max, Math.sqrt(amount0Max * amount1Max));
            shares = shares > SHARES_LOCKED ? shares - SHARES_LOCKED : 0;
        } else {
            shares = Math.min(Math.mulDiv(amount0Max, supply, _reserve0), Math.mulDiv(amount1Max, supply, _reserve1));
            amount0 = Math.mulDiv(shares, _reserve0, supply, Math.Rounding.Ceil);
            amount1 = Math.mulDiv(shares, _reserve1, supply, Math.Rounding.Ceil);
        }
        if (shares == 0) revert VolatilityFeePoolZeroAmount();
        if (shares < sharesMin) revert VolatilityFeePoolSlippage(shares, sharesMin);
        _pull(token0, amount0);
        _pull(token1, amount1);
        _setReserves(_reserve0 + amount0, _reserve1 + amount1);
        if (isFirst) _mint(_NOBODY, SHARES_LOCKED);
        _mint(to, shares);
        emit LiquidityAdded(msg.sender, to, amount0, amount1, shares);
    }

    /// @notice Redeems shares for their part of both reserves, rounded down. Works at any time, whatever the fee.
    /// @param amount0Min least of `token0` to accept
    /// @param amount1Min least of `token1` to accept
    function removeLiquidity(
        uint256 shares,
        uint256 amount0Min,
        uint256 amount1Min,
        address to,
        uint256 deadline
    ) external nonReentrant before(deadline) returns (uint256 amount0, uint256 amount1) {
        if (shares == 0) revert VolatilityFeePoolZeroAmount();
        _requireRecipient(to);
        uint256 supply = totalSupply();
        amount0 = Math.mulDiv(shares, _reserve0, supply);
        amount1 = Math.mulDiv(shares, _reserve1, supply);
        if (amount0 < amount0Min) revert VolatilityFeePoolSlippage(amount0, amount0Min);
        if (amount1 < amount1Min) revert VolatilityFeePoolSlippage(amount1, amount1Min);
        _burn(msg.sender, shares);
        _setReserves(_reserve0 - amount0, _reserve1 - amount1);
        token0.safeTransfer(to, amount0);
        token1.safeTransfer(to, amount1);
        emit LiquidityRemoved(msg.sender, to, amount0, amount1, shares);
    }

    /* SWAPS */

    /// @notice What a swap would give now, token units, rounded down.
    function quote(address tokenIn, uint256 amountIn) external view returns (uint256 amountOut) {
        return _amountOut(_isToken0(tokenIn), amountIn, currentFee());
    }

    /// @notice Swaps an exact amount of one token for the other.
    /// @param amountIn taken from the caller, who has approved it; the fee is part of it and stays in the pool
    /// @param amountOutMin least to accept: it bounds price and fee together
    /// @param to who gets the other token
    /// @param deadline last second, Unix
    function swap(
        address tokenIn,
        uint256 amountIn,
        uint256 amountOutMin,
        address to,
        uint256 deadline
    ) external nonReentrant before(deadline) returns (uint256 amountOut) {
        bool isToken0 = _isToken0(tokenIn);
        _requireRecipient(to);
        // Read once: a token may bring an answer in the middle of its transfer.
        uint24 fee = currentFee();
        amountOut = _amountOut(isToken0, amountIn, fee);
        if (amountOut == 0) revert VolatilityFeePoolZeroAmount();
        if (amountOut < amountOutMin) revert VolatilityFeePoolSlippage(amountOut, amountOutMin);
        _pull(isToken0 ? token0 : token1, amountIn);
        if (isToken0) _setReserves(_reserve0 + amountIn, _reserve1 - amountOut);
        else _setReserves(_reserve0 - amountOut, _reserve1 + amountIn);
        (isToken0 ? token1 : token0).safeTransfer(to, amountOut);
        emit Swapped(msg.sender, to, tokenIn, amountIn, amountOut, fee);
    }

    /// @dev `(in + netIn) · (out - amountOut) ≥ in · out`: the fee and what is rounded away stay with the shares. The output is
    /// always less than the reserve, so no swap empties a side.
    function _amountOut(bool isToken0, uint256 amountIn, uint24 fee) private view returns (uint256) {
        (uint256 reserveIn, uint256 reserveOut) = isToken0 ? (_reserve0, _reserve1) : (_reserve1, _reserve0);
        _requireFits(amountIn);
        _requireFits(reserveIn + amountIn);
        uint256 netIn = amountIn * (FEE_UNIT - fee);
        return netIn == 0 ? 0 : Math.mulDiv(reserveOut, netIn, reserveIn * FEE_UNIT + netIn);
    }

    function _isToken0(address token) private view returns (bool) {
        if (token == address(token0)) return true;
        if (token == address(token1)) return false;
        revert VolatilityFeePoolInvalidToken(token);
    }

    /// @dev Counts what arrived: a token that keeps a part would let the reserves promise more than there is.
    function _pull(IERC20 token, uint256 amount) private {
        uint256 held = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - held;
        if (received != amount) revert VolatilityFeePoolInexactTransfer(address(token), received, amount);
    }

    function _setReserves(uint256 reserve0, uint256 reserve1) private {
        _requireFits(reserve0);
        _requireFits(reserve1);
        (_reserve0, _reserve1) = (uint112(reserve0), uint112(reserve1));
    }

    function _requireFits(uint256 reserve) private pure {
        if (reserve > type(uint112).max) revert VolatilityFeePoolReserveOverflow(reserve);
    }

    /// @dev Tokens that the pool sent to itself would belong to nobody.
    function _requireRecipient(address to) private view {
        if (to == address(this)) revert VolatilityFeePoolInvalidRecipient(to);
    }
}
