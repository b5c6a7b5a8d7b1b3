package cohort

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// referred gives every participation a referral on its start and the register one referral that never became a start, of a
// person and in a month that no design looks at.
func referred(reg *register.Register) {
	for i := range reg.Participations {
		reg.Participations[i].Referred = reg.Participations[i].Start
	}
	reg.Referrals = []register.Participation{{Person: 0, Start: register.NoDate, End: register.NoDate, Referred: firstMonth.First()}}
	reg.FirstRef = make([]int32, reg.Persons.N+1)
	for i := range reg.FirstRef[1:] {
		reg.FirstRef[i+1] = 1
	}
}

// Where everybody starts on the day of the referral, time zero is the same.
func TestReferralOnTheDayOfTheStart(t *testing.T) {
	for round := range 10 {
		reg := tiny(rand.New(rand.NewPCG(11, uint64(round))), 200, 40)
		referred(reg)
		d := tinyDesign()
		d.WashoutAny = round % 3
		want := build(t, reg, d)
		d.Referral = true
		got := build(t, reg, d)
		if !reflect.DeepEqual(got.Tiltak, want.Tiltak) || !reflect.DeepEqual(got.Flow, want.Flow) || !reflect.DeepEqual(got.Rows.X, want.Rows.X) || !reflect.DeepEqual(got.Starts, want.Starts) {
			t.Fatalf("round %d: the rows differ", round)
		}
	}
}

// Four lives: referred and started two months later; referred and never started; neither; referred without a date and started.
func TestReferralByHand(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(1, 1)), 4, 40)
	at := func(month, day int) calendar.Date { return calendar.NewDate(2016, month, day) }
	reg.Participations = []register.Participation{{Person: 0, Tiltak: 0, Start: at(5, 2), End: at(9, 1), Referred: at(3, 10)}, {Person: 3, Tiltak: 0, Start: at(3, 12), End: at(6, 1), Referred: register.NoDate}}
	reg.FirstPart = []int32{0, 1, 1, 1, 2}
	reg.Referrals = []register.Participation{{Person: 1, Tiltak: 0, Start: register.NoDate, End: register.NoDate, Referred: at(3, 20)}}
	reg.FirstRef = []int32{0, 0, 1, 1, 1}
	reg.Registrations, reg.FirstReg = nil, []int32{0}
	p := &reg.Persons
	for i := range 4 {
		reg.Registrations = append(reg.Registrations, register.Registration{Person: int32(i), From: at(1, 1), To: calendar.Open, Status: 1})
		reg.FirstReg = append(reg.FirstReg, int32(len(reg.Registrations)))
		p.Born[i], p.Died[i], p.Emigrated[i] = 1980, register.NoDate, register.NoDate
	}
	d := Design{AgeMin: 18, AgeMax: 66, From: calendar.NewMonth(2016, 2), To: calendar.NewMonth(2016, 5), Eligible: ByRegistration, WashoutSame: 6, Groups: []string{"alle"}, Horizon: 6,
		Seed: 1, Workers: 1, Tiltak: []string{"A"}, Referral: true}
	trials := build(t, reg, d)
	treated, comparison := rowsOf(trials, 0)
	if want := []string{"0 2016-03 10", "1 2016-03 20", "3 2016-03 12"}; !slices.Equal(treated, want) {
		t.Errorf("treated %v, want %v", treated, want)
	}
	if len(comparison) != 1 || !strings.HasPrefix(comparison[0], "2 2016-03 ") { // only March has referrals; person 2 is not referred in it
		t.Errorf("comparison %v", comparison)
	}
	never := 0
	for i, start := range trials.Tiltak[0].Start {
		if k, ok := Referral(start); ok {
			never++
			if k != 0 || trials.Rows.Person[trials.Tiltak[0].Row[i]] != 1 {
				t.Errorf("row %d is referral %d", i, k)
			}
		}
	}
	if never != 1 || len(trials.Starts) != 2 {
		t.Errorf("%d referrals without a start, %d starts", never, len(trials.Starts))
	}
	if w := trials.Warnings; len(w) == 0 || w[0].Code != "referral_undated" || !strings.Contains(w[0].Message, "1 participations") {
		t.Errorf("%v", w)
	}
	reg.Referrals[0].Referred = register.NoDate
	if _, err := Build(t.Context(), reg, d); err == nil || !strings.Contains(err.Error(), "never became a start") {
		t.Errorf("%v", err)
	}
	reg.Participations[0].Referred = register.NoDate
	if _, err := Build(t.Context(), reg, d); err == nil || !strings.Contains(err.Error(), "`henvist_dato`") {
		t.Errorf("%v", err)
	}
	d.Censor = true
	if err := d.Validate(); err == nil {
		t.Error("censor from a referral passes")
	}
}
