// Mission intercepts and slopes of ties, state effects, controls: the parametrisation of a textbook.
data {
  int N; int M; int S; int C;
  array[N] int<lower=1> mission; array[N] int<lower=1> state;
  array[N] int<lower=0, upper=1> joined; vector[N] ties; matrix[N, C] control;
}
parameters {
  real intercept; real ties_slope; vector[C] control_slope;
  real<lower=0> mission_sd; real<lower=0> ties_slope_sd; real<lower=0> state_sd;
  vector[M] mission_intercept; vector[M] mission_ties_slope; vector[S] standard;
}
transformed parameters { vector[S] state_effect = state_sd * standard; }
model {
  intercept ~ normal(-2, 1.5); ties_slope ~ normal(0, 1); control_slope ~ normal(0, 1);
  mission_sd ~ normal(0, 1); ties_slope_sd ~ normal(0, 0.5); state_sd ~ normal(0, 1); standard ~ normal(0, 1);
  mission_intercept ~ normal(intercept, mission_sd); mission_ties_slope ~ normal(ties_slope, ties_slope_sd);
  joined ~ bernoulli_logit(mission_intercept[mission] + mission_ties_slope[mission] .* ties
                           + state_effect[state] + control * control_slope);
}
