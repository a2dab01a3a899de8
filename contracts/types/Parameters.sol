// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Bounded settings under which jobs are requested. A job keeps the version it was requested under for ever.
struct Parameters {
    /// longest time between request and attest deadline, seconds
    uint32 attestTimeMax;
    uint32 challengeWindowMin;
    uint32 challengeWindowMax;
    uint32 callbackGasMax;
    /// one step of the sortition ladder, seconds
    uint32 ladderStep;
    /// expected number of operators eligible at step 0
    uint16 ladderWidth;
    /// the protocol's part of every fee, in 1/10,000
    uint16 protocolFeeBps;
    /// smallest stake at risk, token units. There is no smallest fee: operators choose what they answer
    uint88 stakeAtRiskMin;
    address treasury;
    /// claimant's time to post the trace (T1), seconds
    uint24 traceTime;
    /// claimant's time to answer a demand (T2), seconds
    uint24 revealTime;
    /// length of the hearing (T_trial), seconds
    uint24 hearingTime;
    /// hard end of a trial (maxTrial), seconds
    uint24 trialTimeMax;
}
