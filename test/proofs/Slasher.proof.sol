// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The smaller of two numbers as it is defined; OpenZeppelin's is the same number without a jump.
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}

/// @notice INVARIANT(I8): the parts of a slash are the slash, to the wei. INVARIANT(I9): at least half of what is shared is burned.
contract SlasherProof {
    uint256 private constant BPS = 10_000;

    struct Award {
        address opener;
        uint128 openerCosts;
        address prover;
        uint128 proverCosts;
    }
    struct Shares {
        uint16 openerBps;
        uint16 proverBps;
        uint16 requesterBps;
    }

    // LIFTED contracts/Slasher.sol: function _split

    function thePartsAreTheSlash(uint128 amount, Award memory award, Shares memory shares) external pure {
        require(uint256(shares.openerBps) + shares.proverBps + shares.requesterBps <= BPS / 2);
        uint256[4] memory parts = _split(amount, award, shares);
        assert(parts[0] + parts[1] + parts[2] + parts[3] == amount);
    }

    function withoutTakersNothingIsTaken(uint128 amount, Shares memory shares) external pure {
        require(uint256(shares.openerBps) + shares.proverBps + shares.requesterBps <= BPS / 2);
        uint256[4] memory parts = _split(amount, Award(address(0), 0, address(0), 0), shares);
        assert(parts[0] == 0 && parts[1] == 0);
    }

    function halfOfWhatIsSharedIsBurned(uint128 amount, Shares memory shares) external pure {
        require(uint256(shares.openerBps) + shares.proverBps + shares.requesterBps <= BPS / 2);
        uint256[4] memory parts = _split(amount, Award(address(1), 0, address(2), 0), shares);
        assert(2 * parts[3] >= amount);
    }
}
