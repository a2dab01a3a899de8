// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {DataRequestId, DataStatus, DataTerms, Report, SeatStatus} from "../../../contracts/types/Feed.sol";
import {DataNuisance} from "./DataNuisance.sol";
import {FeedSeats} from "./FeedSeats.sol";

/// @notice What a leader brings, for rounds and for questions; and questions with their money and callbacks.
abstract contract FeedQuestions is FeedSeats {
    uint256 private constant QUESTIONS_MAX = 24;

    /// @notice What somebody is about to send as the leader of a turn.
    struct Draft {
        uint64 turn;
        uint8 leader;
        address caller;
        Report[] reports;
        /// whether the signature is the seat's, over this
        bool[] genuine;
        /// whether the value is an honest operator's
        bool[] honest;
    }

    /* DRAFTS */

    function _draft(DataRequestId requestId) internal returns (Draft memory draft) {
        uint256 now_ = block.timestamp / TURN;
        uint256 when = _draw(24);
        // Mostly now, sometimes late, rarely too late or too early.
        draft.turn = uint64(
            when == 0
                ? now_ + 1
                : when == 1
                    ? now_ - 2
                    : when < 8
                        ? now_ - 1
                        : now_
        );
        draft.leader = uint8(draft.turn % SEATS);
        GhostSeat storage leader = _ghostSeats[draft.leader];
        draft.caller = leader.reporter;
        uint256 usurper = _draw(16);
        if (usurper == 0) draft.caller = leader.operator;
        if (usurper == 1) draft.caller = _ghostSeats[(draft.leader + 1) % SEATS].reporter;
        if (draft.caller == address(0)) draft.caller = STRANGER;
        _gather(draft, requestId);
        _spoil(draft, requestId);
    }

    function _gather(Draft memory draft, DataRequestId requestId) private {
        uint8[] memory seats = new uint8[](SEATS);
        uint256 count = 0;
        for (uint8 seat = 0; seat < SEATS; ++seat) {
            bool asked = _counts(seat) ? _draw(8) != 0 : _draw(24) == 0;
            if (asked) seats[count++] = seat;
        }
        draft.reports = new Report[](count);
        draft.genuine = new bool[](count);
        draft.honest = new bool[](count);
        for (uint256 i = 0; i < count; ++i) {
            GhostSeat storage seat = _ghostSeats[seats[i]];
            draft.honest[i] = !_lies[seat.operator];
            int128 value =
                draft.honest[i] || _draw(3) == 0 ? _honestValue(seat.operator, draft.turn) : _lie(draft.turn);
            draft.reports[i] = _signed(seat.reporter, seats[i], requestId, draft.turn, value);
            draft.genuine[i] = seat.status == SeatStatus.Seated;
        }
    }

    /// @notice Now and then something that must not pass.
    function _spoil(Draft memory draft, DataRequestId requestId) private {
        uint256 count = draft.reports.length;
        uint256 kind = _draw(32);
        if (count < 2 || kind > 5) return;
        uint256 i = _draw(count);
        uint256 j = _draw(count);
        Report memory one = draft.reports[i];
        if (kind == 0) (draft.reports[i], draft.reports[j]) = (draft.reports[j], one);
        // A seat twice, with its own signature.
        if (kind == 1) draft.reports[j] = one;
        if (kind == 2) {
            draft.reports[i].value = one.value == 5 ? int128(6) : int128(5);
            draft.genuine[i] = false;
        }
        if (kind == 3 || kind == 4) {
            // Of the turn before, or of another question.
            uint64 turn = kind == 3 ? draft.turn - 1 : draft.turn;
            if (kind == 4) requestId = DataRequestId.wrap(keccak256(abi.encode(requestId)));
            draft.reports[i] = _signed(_ghostSeats[one.seat].reporter, one.seat, requestId, turn, one.value);
            draft.genuine[i] = false;
        }
        // A neighbour's signature.
        if (kind == 5 && i != j) {
            (draft.reports[i].r, draft.reports[i].vs) = (draft.reports[j].r, draft.reports[j].vs);
            draft.genuine[i] = false;
        }
    }

    /// @notice Whether turn, caller, signatures, seats and their number are in order.
    function _mayBring(Draft memory draft) internal view returns (bool ok) {
        uint256 now_ = block.timestamp / TURN;
        ok = draft.turn == now_ || draft.turn + 1 == now_;
        GhostSeat storage leader = _ghostSeats[draft.leader];
        ok = ok && leader.status == SeatStatus.Seated && draft.caller == leader.reporter;
        ok = ok && draft.reports.length >= QUORUM;
        for (uint256 i = 0; ok && i < draft.reports.length; ++i) {
            ok = draft.genuine[i] && _counts(draft.reports[i].seat);
            for (uint256 j = 0; j < i; ++j) if (draft.reports[j].seat >= draft.reports[i].seat) ok = false;
        }
    }

    /* QUESTIONS */

    function _ask() internal {
        if (_questions.length >= QUESTIONS_MAX) return;
        DataTerms memory terms;
        terms.committee = _feedId;
        terms.fee = uint128(
            _draw(3) == 0
                ? _draw(8)
                : _draw(12) == 0
                    ? 2 * BALANCE
                    : _draw(1e18)
        );
        terms.deadline = uint40(block.timestamp + _draw(60 * TURN));
        bool called = _draw(4) != 0;
        if (called) (terms.callbackTarget, terms.callbackGas) = (address(nuisance), 400_000);
        // Sometimes the very same question again.
        terms.salt = uint96(_draw(8) == 0 ? 0 : _questions.length);
        terms.requester = _draw(2) == 0 ? STRANGER : ASKER;
        DataTerms memory filled = terms;
        filled.requester = ASKER;
        filled.specDigest = sha256("spec");
        DataRequestId id = _system.feeds.dataRequestIdOf(filled);
        bool ok = terms.deadline > block.timestamp && terms.fee <= _ledger[ASKER];
        for (uint256 i = 0; i < _questions.length; ++i) {
            if (DataRequestId.unwrap(_questions[i].id) == DataRequestId.unwrap(id)) ok = false;
        }
        if (!_tryFeeds(ASKER, abi.encodeCall(IFeedRegistry.requestData, (terms, "spec")), ok)) return;
        _ledger[ASKER] -= terms.fee;
        _questions.push(Question(id, filled, DataStatus.Requested, false, block.timestamp, 0, 0));
        _count("ask");
    }

    function _answer() internal {
        if (_questions.length == 0) return;
        Question storage question = _pick(DataStatus.Requested);
        Draft memory draft = _draft(question.id);
        bool ok = question.status == DataStatus.Requested && block.timestamp <= question.terms.deadline;
        ok = ok && draft.turn >= question.askedAt / TURN && _mayBring(draft);
        bytes memory data = abi.encodeCall(IFeedRegistry.answerData, (question.terms, draft.turn, draft.reports));
        if (ok) {
            nuisance.set(DataNuisance.Mode(_draw(5)));
            _aim(question.terms, data);
        }
        uint256 reentries = nuisance.reentered();
        if (!_tryFeeds(draft.caller, data, ok)) return;
        assertEq(nuisance.reentered(), reentries, "I24: a callback re-entered");
        question.status = DataStatus.Answered;
        question.answer = _naiveMedian(draft.reports);
        question.reports = draft.reports.length;
        _share(question.terms.fee, draft);
        if (question.terms.callbackTarget != address(0)) {
            question.delivered = nuisance.accepts();
            if (question.delivered) _count("delivered");
            else _count("callback failed");
            if (nuisance.mode() == DataNuisance.Mode.Reenter) _count("re-entry tried");
        }
        _count("answer");
    }

    /// @dev I8, from the other end: the leader has what nobody else got.
    function _share(uint256 fee, Draft memory draft) private {
        uint256 parts = draft.reports.length + LEADER_CREDITS;
        uint256 given = 0;
        for (uint256 i = 0; i < draft.reports.length; ++i) {
            if (draft.reports[i].seat == draft.leader) continue;
            _ledger[_ghostSeats[draft.reports[i].seat].operator] += fee / parts;
            given += fee / parts;
        }
        _ledger[_ghostSeats[draft.leader].operator] += fee - given;
    }

    /// @dev What the target will try, from inside, on the same question.
    function _aim(DataTerms memory terms, bytes memory answer) private {
        bytes[] memory payloads = new bytes[](3);
        payloads[0] = answer;
        payloads[1] = abi.encodeCall(IFeedRegistry.retryDataCallback, (terms));
        payloads[2] = abi.encodeCall(IFeedRegistry.expireData, (terms));
        nuisance.aim(address(_system.feeds), payloads);
    }

    function _expireOrRetry() internal {
        if (_questions.length == 0) return;
        if (_draw(2) == 0) {
            Question storage question = _pick(DataStatus.Requested);
            bool ok = question.status == DataStatus.Requested && block.timestamp > question.terms.deadline;
            bytes memory data = abi.encodeCall(IFeedRegistry.expireData, (question.terms));
            if (!_tryFeeds(_anyAccount(), data, ok)) return;
            question.status = DataStatus.Expired;
            _ledger[ASKER] += question.terms.fee;
            _count("expire");
        } else {
            Question storage question = _pick(DataStatus.Answered);
            // Mostly one whose callback failed, if there is any.
            for (uint256 i = 0; i < _questions.length && question.delivered; ++i) {
                if (_questions[i].status == DataStatus.Answered && _draw(8) != 0) question = _questions[i];
            }
            if (_draw(2) == 0) nuisance.set(DataNuisance.Mode.Accept);
            bool due = question.status == DataStatus.Answered && !question.delivered;
            due = due && question.terms.callbackTarget != address(0);
            bytes memory data = abi.encodeCall(IFeedRegistry.retryDataCallback, (question.terms));
            if (!_tryFeeds(_anyAccount(), data, due && nuisance.accepts())) return;
            question.delivered = true;
            _count("retry callback");
        }
    }

    function _expireAll() internal {
        for (uint256 i = 0; i < _questions.length; ++i) {
            if (_questions[i].status != DataStatus.Requested) continue;
            _system.feeds.expireData(_questions[i].terms);
        }
    }

    /// @dev Mostly one of that status, if there is any.
    function _pick(DataStatus status) private returns (Question storage) {
        uint256 start = _draw(_questions.length);
        if (_draw(6) == 0) return _questions[start];
        for (uint256 i = 0; i < _questions.length; ++i) {
            Question storage question = _questions[(start + i) % _questions.length];
            if (question.status == status) return question;
        }
        return _questions[start];
    }
}
